import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** Stands between a service and NATS and keeps all that is said, in both directions: whatever a service tells anyone, it tells here. */
export class NatsTap {
  /** The port of the server, as soon as it is known. */
  upstream = 0;
  private readonly heard: Buffer[][] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (service: Socket) => {
      const nats = connect(this.upstream, '127.0.0.1');
      for (const [from, to] of [
        [service, nats],
        [nats, service],
      ] as const) {
        const said: Buffer[] = [];
        this.heard.push(said);
        this.sockets.add(from);
        from.on('data', (octets: Buffer) => {
          said.push(octets);
          to.write(octets);
        });
        from.on('error', () => {});
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(): Promise<NatsTap> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new NatsTap(server);
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Each direction of each connection as one piece, so that nothing hides in a seam. */
  all(): Buffer {
    return Buffer.concat(this.heard.map((said) => Buffer.concat(said)));
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
