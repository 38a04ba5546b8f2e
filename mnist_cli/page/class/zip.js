// ZIP archives, as PKWARE's APPNOTE has them: what is written is stored as it is; what is read anybody may have made,
// so sizes are bounded before anything is read or inflated, and of a large archive only what is asked for is read.

import { inflate } from "../net/data.js";

const [ZIP_VERSION, ZIP_DATE] = [20, 0x21]; // of the format, 2.0; 1 January 1980: the same files give the same bytes
const END_RECORD = 22; // bytes of the record at the end, which a comment may follow
const MOST_COMMENT = 0xffff;
const MOST_DIRECTORY = 2 << 20; // bytes
const [ENTRY_HEAD, FILE_HEAD] = [46, 30]; // bytes before the name of an entry, of a file
const [STORED, DEFLATED, ENCRYPTED] = [0, 8, 1]; // methods, and a bit of the flags

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

/** A file that is not used: `reason` is a key of the words, `values` are what is in its sentence. */
export class Refused extends Error {
  constructor(reason, values = {}) {
    super(reason);
    Object.assign(this, { reason, values });
  }
}

/** What is in a ZIP archive, a File: [{name, flags, method, crc, packed, size, at}]. */
export async function listEntries(file) {
  const tail = await readBytes(file, Math.max(0, file.size - END_RECORD - MOST_COMMENT), file.size);
  const end = findEnd(tail);
  if (end < 0) throw new Refused("noZip");
  const [count, size, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (size > MOST_DIRECTORY || start + size > file.size) throw new Refused("damagedZip");
  const directory = await readBytes(file, start, start + size);
  const entries = [];
  for (let from = 0; entries.length < count; ) {
    if (from + ENTRY_HEAD > size || directory.getUint32(from, true) !== 0x02014b50) throw new Refused("damagedZip");
    const [short, long] = [(at) => directory.getUint16(from + at, true), (at) => directory.getUint32(from + at, true)];
    const letters = new Uint8Array(directory.buffer).subarray(from + ENTRY_HEAD, from + ENTRY_HEAD + short(28));
    const name = new TextDecoder().decode(letters);
    entries.push({ name, flags: short(8), method: short(10), crc: long(16), packed: long(20), size: long(24), at: long(42) });
    from += ENTRY_HEAD + short(28) + short(30) + short(32);
  }
  return entries;
}

/** The bytes of an entry, at most `most` of them, checked against the length and checksum it declares. */
export async function readEntry(file, { flags, method, crc, packed, size, at }, most) {
  if (Math.max(size, packed) > most) throw new Refused("tooLarge");
  if (flags & ENCRYPTED || ![STORED, DEFLATED].includes(method)) throw new Refused("encryptedZip");
  const head = await readBytes(file, at, at + FILE_HEAD);
  if (head.byteLength < FILE_HEAD || head.getUint32(0, true) !== 0x04034b50) throw new Refused("damagedZip");
  const start = at + FILE_HEAD + head.getUint16(26, true) + head.getUint16(28, true);
  const content = new Uint8Array((await readBytes(file, start, start + packed)).buffer);
  const bytes = method === DEFLATED ? await inflate(content, "deflate-raw").catch(() => []) : content;
  if (bytes.length !== size || crc32(bytes) !== crc) throw new Refused("damagedZip");
  return bytes;
}

const readBytes = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer());

/** Where the record at the end begins: the comment after it is as long as it says. */
function findEnd(tail) {
  for (let at = tail.byteLength - END_RECORD; at >= 0; at--) {
    const isRecord = tail.getUint32(at, true) === 0x06054b50;
    if (isRecord && at + END_RECORD + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return -1;
}
