// disk-full: writes fail with a sentence, reads go on, nothing is corrupt, and it works again when there is room.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
const sh = (...argv) => spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
const probe = fs.mkdtempSync('/tmp/lyceum-mount-');
const can = sh('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe).status === 0;
if (can) sh('umount', probe);
fs.rmdirSync(probe);
if (!can) {
  s.skip('a full disk', 'this machine does not let us mount a small file system');
  s.end();
} else {
  const d = await Deployment.start({ demo: true });
  const cookies = new Map();
  const dir = path.join(d.state, 'public');
  const ask = () => d.post('/-/chat', { question: 'how many movies are there?', dataset: 'movies' }, { cookies });
  equal((await ask()).status, 303);
  // Move the work database onto a small file system and fill that.
  const services = ['web', 'agent-public', 'stream'];
  for (const x of services) sh('sv', '-w', '15', 'down', `${d.state}/sv/${x}`);
  const keep = fs.mkdtempSync('/tmp/lyceum-keep-');
  sh('cp', '-a', `${dir}/.`, keep);
  const st = fs.statSync(dir);
  equal(sh('mount', '-t', 'tmpfs', '-o', `size=6m,mode=2770,uid=${st.uid},gid=${st.gid}`, 'tmpfs', dir).status, 0);
  process.on('exit', () => sh('umount', '-l', dir));
  sh('cp', '-a', `${keep}/.`, dir);
  for (const x of services) sh('sv', 'up', `${d.state}/sv/${x}`);
  await until('web', async () => (await d.get('/')).status === 200);
  const filler = path.join(dir, 'filler');
  sh('sh', '-c', `dd if=/dev/zero of=${filler} bs=4k 2>/dev/null; true`);
  await s.test('a question is refused with a sentence', async () => {
    let last;
    for (let i = 0; i < 200; i++) { last = await ask(); if (last.status !== 303) break; }
    equal(last.status, 503, last.body.slice(0, 400));
    holds(last.body.toLowerCase(), 'disk');
  });
  await s.test('reads go on', async () => {
    equal((await d.get('/movies/movies')).status, 200);
    equal((await d.get('/movies/-/query.json?sql=select+1+as+n')).status, 200);
    equal((await d.get('/-/chat', { cookies })).status, 200);
  });
  await s.test('with room again it works, and the database is whole', async () => {
    fs.rmSync(filler);
    const r = await until('asking', async () => { const x = await ask(); return x.status === 303 ? x : null; });
    const chat = new URL(r.headers.location, d.url).pathname;
    await until('the answer', async () => /data-outcome="done"/.test((await d.get(chat, { cookies })).body));
    const check = sh('python3', '-c', "import sqlite3,sys;print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchone()[0])", path.join(dir, 'work.db'));
    equal(check.stdout.trim(), 'ok', check.stderr);
  });
  await s.test('publishing onto a full disk leaves the old revision', async () => {
    const fdir = path.join(d.state, 'leaders/tmp');
    const f = fs.statSync(fdir);
    equal(sh('mount', '-t', 'tmpfs', '-o', `size=100k,mode=700,uid=${f.uid},gid=${f.gid}`, 'tmpfs', fdir).status, 0);
    const big = path.join('/tmp', `big-${process.pid}.csv`);
    fs.writeFileSync(big, 'a,b\n' + 'some text here,more text there\n'.repeat(20000));
    const r = d.lyceum(['publish', big, '--name', 'movies', '--public']);
    fs.rmSync(big);
    sh('umount', '-l', fdir);
    must(r.status !== 0, 'it was accepted');
    holds((r.stderr + r.stdout).toLowerCase(), 'disk');
    equal((await d.get('/movies/movies')).status, 200);
  });
  for (const x of services) sh('sv', '-w', '15', 'down', `${d.state}/sv/${x}`);
  sh('umount', '-l', dir);
  d.stop();
  s.end();
}
