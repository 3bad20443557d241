/** Lengths of the Huffman codes of the octets 0 to 255 and of the end, RFC 7541 appendix B. The codes follow from them: they are canonical. */
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];

export const endOfString = 256;

/**
 * The tree of the codes: two cells a node, for the bits 0 and 1. A positive cell is the next node, a negative one the symbol `-1 - cell`.
 * The root is at 0.
 */
export const huffmanTree: Int16Array = (() => {
  const tree = new Int16Array(2 * codeLengths.length);
  let nodes = 1;
  let code = 0;
  let length = 0;
  const symbols = codeLengths.map((_, symbol) => symbol).sort((a, b) => codeLengths[a]! - codeLengths[b]! || a - b);
  for (const symbol of symbols) {
    code *= 2 ** (codeLengths[symbol]! - length);
    length = codeLengths[symbol]!;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const cell = 2 * node + ((code >>> bit) & 1);
      if (tree[cell] === 0) tree[cell] = nodes++;
      node = tree[cell]!;
    }
    tree[2 * node + (code & 1)] = -1 - symbol;
    code += 1;
  }
  return tree;
})();

export interface Field {
  readonly name: string;
  readonly value: string;
}

/** RFC 7541 appendix A. Index 0 is nothing. */
export const staticTable: readonly Field[] = [
  ['', ''],
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => [':status', status]),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...['accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization'].map(
    bare,
  ),
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length'].map(bare),
  ...[
    'content-location',
    'content-range',
    'content-type',
    'cookie',
    'date',
    'etag',
    'expect',
    'expires',
    'from',
    'host',
  ].map(bare),
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link'].map(
    bare,
  ),
  ...['location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh'].map(bare),
  ...[
    'retry-after',
    'server',
    'set-cookie',
    'strict-transport-security',
    'transfer-encoding',
    'user-agent',
    'vary',
  ].map(bare),
  ...['via', 'www-authenticate'].map(bare),
].map(([name, value]) => ({ name: name!, value: value! }));

function bare(name: string): [string, string] {
  return [name, ''];
}
