/**
 * Cuts a burst into parts that each stay within `limit` octets and `maximum` pieces, in order; a piece is never cut. A piece that is over
 * the limit by itself stands alone.
 */
export function split<Piece extends { readonly octets: number }>(
  pieces: readonly Piece[],
  limit: number,
  maximum: number,
): Piece[][] {
  const parts: Piece[][] = [];
  let size = 0;
  for (const piece of pieces) {
    const part = parts.at(-1);
    if (part && part.length < maximum && size + piece.octets <= limit) {
      part.push(piece);
      size += piece.octets;
    } else {
      parts.push([piece]);
      size = piece.octets;
    }
  }
  return parts;
}
