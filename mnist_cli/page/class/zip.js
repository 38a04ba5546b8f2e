// Writes ZIP archives, every file stored as it is; the layout is that of PKWARE's APPNOTE, section 4.3.

const ZIP_VERSION = 20; // of the format: 2.0
const ZIP_DATE = 0x21; // 1 January 1980: the same files give the same bytes

/** The checksum of ZIP and PNG, a byte at a time. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

export function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = REMAINDERS[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A Blob of files [name, bytes], in order; names are ASCII. */
export function writeZip(files) {
  const [bodies, directory] = [[], []];
  let at = 0;
  for (const [name, bytes] of files) {
    const letters = new TextEncoder().encode(name);
    const about = littleEndian(
      [2, ZIP_VERSION, 0, 0, 0, ZIP_DATE], // flags, method "stored", time
      [4, crc32(bytes), bytes.length, bytes.length],
      [2, letters.length, 0],
    );
    const head = [littleEndian([4, 0x04034b50]), about, letters];
    bodies.push(...head, bytes);
    directory.push(littleEndian([4, 0x02014b50], [2, ZIP_VERSION]), about, littleEndian([2, 0, 0, 0], [4, 0, at]), letters);
    at += new Blob([...head, bytes]).size;
  }
  const count = files.length;
  const end = littleEndian([4, 0x06054b50], [2, 0, 0, count, count], [4, new Blob(directory).size, at], [2, 0]);
  return new Blob([...bodies, ...directory, end], { type: "application/zip" });
}

/** Rows [size, ...numbers]: each number as so many bytes, the lowest first. */
function littleEndian(...rows) {
  return Uint8Array.from(rows.flatMap(([size, ...numbers]) =>
    numbers.flatMap((number) => Array.from({ length: size }, (_, i) => (number >>> (8 * i)) & 255))));
}
