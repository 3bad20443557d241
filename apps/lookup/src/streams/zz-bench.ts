import { tcpTransport } from './tcp.js';
import { tlsTransport } from './tls.js';
import { httpsTransport } from './https.js';
import { tlsIdentity } from './tls-identity.js';
import { testCertificate } from './stream.fixture.js';
const responder = {
  respond(q: Uint8Array, s: number, e: number, out: Uint8Array, at: number) {
    for (let i = 0; i < e - s; i++) out[at + i] = q[s + i]!;
    out[at + 2]! |= 0x84;
    let p = at + e - s;
    out[at + 7] = 1;
    out[p++] = 0xc0;
    out[p++] = 12;
    out[p++] = 0;
    out[p++] = 16;
    out[p++] = 0;
    out[p++] = 1;
    out[p++] = 0;
    out[p++] = 0;
    out[p++] = 1;
    out[p++] = 44;
    out[p++] = 0;
    out[p++] = 181;
    out[p++] = 180;
    for (let i = 0; i < 180; i++) out[p++] = 0x78;
    return p - at;
  },
};
const limits = { connections: 1000, connectionsPerClient: 1000, idle: 10000 };
const { cert, key } = testCertificate();
const identity = tlsIdentity({ cert, key }, Date.now);
await tcpTransport({ host: '127.0.0.1', port: 5354 }, { responder }, limits).start();
await tlsTransport({ host: '127.0.0.1', port: 5355 }, { responder, identity }, limits).start();
await httpsTransport({ host: '127.0.0.1', port: 5356 }, { responder, identity }, limits).start();
console.log(process.pid);
process.on('SIGINT', () => process.exit(0));
