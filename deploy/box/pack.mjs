// pack: a folder as one file that app/box/pack.c maps and reads in place.
//   node pack.mjs FOLDER OUT
// Layout, little-endian: "LYPACK1\n", u32 nodes, u32 zero; then nodes of 32 bytes: u32 name at, u32 name bytes, u32 kind
// (0 file, 1 folder), u32 parent, u64 at, u64 size. Of a folder, `at` is its first child's number and `size` how many there
// are: children stand together, sorted by their names' bytes. Then names, then files, each at a multiple of 16.
import fs from 'node:fs';
import path from 'node:path';

const [folder, out] = process.argv.slice(2);
const nodes = [{ name: '', kind: 1, parent: 0, path: folder }];
const bytes = s => Buffer.from(s);
for (let i = 0; i < nodes.length; i++) {
  const node = nodes[i];
  if (node.kind === 0) { node.data = fs.readFileSync(node.path); continue; }
  const children = fs.readdirSync(node.path, { withFileTypes: true }).filter(d => d.isFile() || d.isDirectory())
    .sort((a, b) => Buffer.compare(bytes(a.name), bytes(b.name)));
  node.at = nodes.length;
  node.size = children.length;
  for (const d of children)
    nodes.push({ name: d.name, kind: d.isDirectory() ? 1 : 0, parent: i, path: path.join(node.path, d.name) });
}
const round = n => (n + 15) & ~15;
const names = Buffer.concat(nodes.map(n => bytes(n.name)));
const head = Buffer.alloc(16 + 32 * nodes.length);
head.write('LYPACK1\n');
head.writeUInt32LE(nodes.length, 8);
let nameAt = head.length, fileAt = round(head.length + names.length);
const parts = [head, names, Buffer.alloc(fileAt - head.length - names.length)];
nodes.forEach((node, i) => {
  const at = 16 + 32 * i, nameBytes = bytes(node.name).length;
  if (node.kind === 0) {
    node.at = fileAt;
    node.size = node.data.length;
    parts.push(node.data, Buffer.alloc(round(node.size) - node.size));
    fileAt += round(node.size);
  }
  head.writeUInt32LE(nameAt, at);
  head.writeUInt32LE(nameBytes, at + 4);
  head.writeUInt32LE(node.kind, at + 8);
  head.writeUInt32LE(node.parent, at + 12);
  head.writeBigUInt64LE(BigInt(node.at), at + 16);
  head.writeBigUInt64LE(BigInt(node.size), at + 24);
  nameAt += nameBytes;
});
fs.writeFileSync(out, Buffer.concat(parts));
console.log(`${nodes.length} files and folders, ${fileAt} bytes`);
