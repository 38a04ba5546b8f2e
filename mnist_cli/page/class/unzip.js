// Reads files out of ZIP archives that anybody may have made: sizes are bounded before anything is read or inflated,
// and of a large archive only what is asked for is read.

import { inflate } from "../net/data.js";
import { crc32 } from "./zip.js";

const END_RECORD = 22; // bytes of the record at the end, which a comment may follow
const MOST_COMMENT = 0xffff;
const MOST_DIRECTORY = 2 << 20; // bytes
const ENTRY_HEAD = 46; // bytes before the name of an entry
const FILE_HEAD = 30; // bytes before the name of a file
const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED = 1; // a bit of the flags

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

async function readBytes(file, from, to) {
  return new DataView(await file.slice(from, to).arrayBuffer());
}

/** Where the record at the end begins: the comment after it is as long as it says. */
function findEnd(tail) {
  for (let at = tail.byteLength - END_RECORD; at >= 0; at--) {
    const isRecord = tail.getUint32(at, true) === 0x06054b50;
    if (isRecord && at + END_RECORD + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return -1;
}
