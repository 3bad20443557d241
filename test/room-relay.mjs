// Runs inside a resolver room: port 53, UDP and TCP, to the Unix socket given as argument. No dependency, so that it starts at once.
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const [, , target] = process.argv;

createServer((inner) => {
  const outer = connect(target);
  for (const end of [inner, outer]) end.on('error', () => [inner, outer].forEach((each) => each.destroy()));
  inner.pipe(outer).pipe(inner);
}).listen(53, '127.0.0.1');

const udp = createSocket('udp4');
udp.on('message', (question, from) => {
  const outer = connect(target);
  let answer = Buffer.alloc(0);
  outer.on('error', () => outer.destroy());
  outer.on('data', (data) => {
    answer = Buffer.concat([answer, data]);
    if (answer.length < 2 || answer.length < 2 + answer.readUInt16BE(0)) return;
    outer.destroy();
    udp.send(fitting(answer.subarray(2, 2 + answer.readUInt16BE(0)), question), from.port, from.address);
  });
  outer.write(Buffer.concat([Buffer.from([question.length >> 8, question.length & 255]), question]));
});
udp.bind(53, '127.0.0.1');

/** Over 512 octets only for who says so (RFC 6891 §6.2.3); else the header and the question with TC, and they come again over TCP. */
function fitting(answer, question) {
  const hasEdns = question.readUInt16BE(10) > 0;
  if (answer.length <= (hasEdns ? 1232 : 512)) return answer;
  let end = 12;
  while (answer[end] !== 0) end += 1 + answer[end];
  const short = Buffer.from(answer.subarray(0, end + 5));
  short[2] |= 0x02;
  short.fill(0, 6, 12);
  return short;
}
