import { streamBehaviour } from './behaviour.fixture.js';
import { openTcp } from './stream.fixture.js';
import { tcpTransport } from './tcp.js';

streamBehaviour({
  carrier: 'tcp',
  start: (deps, limits) => tcpTransport({ host: '127.0.0.1', port: 0 }, deps, limits),
  open: openTcp,
});
