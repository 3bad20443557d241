import { Command, InvalidArgumentError } from 'commander';
import { find, register, show, type Outcome } from './commands.js';

const many = (value: string, before: string[] = []) => [...before, value];
const seconds = (value: string) => {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('seconds, please');
  return Number(value);
};

const program = new Command('callbook')
  .description('Publish and look up what a telephone number resolves to')
  .showHelpAfterError();

const command = (usage: string, description: string) =>
  program
    .command(usage)
    .description(description)
    .option('--profile <file>', 'which directory to talk to')
    .option('--json', 'print one JSON object');

command('register <number>', 'prove that a number is yours, and publish where it leads')
  .option('--sip <uri>', 'SIP address, as in sip:you@example.net', many)
  .option('--email <address>', 'e-mail address', many)
  .option('--web <url>', 'https page', many)
  .option('--xmpp <address>', 'XMPP address', many)
  .option('--ttl <seconds>', 'how long others may keep the answer', seconds)
  .action(report(register));

command('show <number>', 'show what you have published for a number').action(report(show));

command(
  'lookup <number>',
  'look a number up over DNS and validate the answer; exit status 0 secure, 1 not found, 2 insecure, 3 bogus',
).action(report(find));

await program.parseAsync();

function report<Options>(run: (number: string, options: Options) => Promise<Outcome>) {
  return async (number: string, options: Options & { json?: boolean }) => {
    try {
      const { lines, json, status } = await run(number, options);
      process.stdout.write(`${options.json ? JSON.stringify(json) : lines.join('\n')}\n`);
      process.exitCode = status;
    } catch (error) {
      process.stderr.write(`callbook: ${error instanceof Error ? error.message : 'failed'}\n`);
      process.exitCode = 70;
    }
  };
}
