import { startSandbox } from './sandbox.js';
import { readSettings, SettingsError, type Settings } from './settings.js';

/** As in sysexits.h: a configuration that cannot work. */
const badConfiguration = 78;

const say = (event: string, fields: Readonly<Record<string, string | number>> = {}) =>
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), service: 'sandbox', msg: event, ...fields })}\n`,
  );

const settings = settingsOrExit();
const sandbox = await startSandbox({ ...settings, publicKeyPem: settings.publicKey }).catch(
  (error: NodeJS.ErrnoException) => {
    process.stderr.write(
      `sandbox: cannot listen on ${settings.host}:${settings.port} (${error.code ?? error.message})\n`,
    );
    process.exit(1);
  },
);
say('process.running', { url: sandbox.url });

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    say('process.stopping', { reason: signal });
    void sandbox.stop().then(() => process.exit(0));
  });

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`sandbox: the settings are wrong\n${error.message}\n`);
    process.exit(badConfiguration);
  }
}
