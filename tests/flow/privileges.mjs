// privileges: what the running processes may do, as the kernel tells it: users, capabilities, filters, namespaces, files.
import { Deployment, Suite, equal, must } from '../support/deployment.mjs';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
if (process.getuid() !== 0) {
  s.skip('privileges', 'only root can start each process as a user of its own');
  s.end();
  process.exit();
}
const PREFIX = process.env.LYCEUM_USER_PREFIX ?? 'lyceum-';
const d = await Deployment.start();
fs.writeFileSync(path.join(d.state, 'notes.csv'), 'id,word\n1,one\n2,two\n');
equal(d.lyceum(['publish', path.join(d.state, 'notes.csv'), '--name', 'notes', '--public']).status, 0, 'publish');
equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0, 'secret');
// A private conversation, so that its database is there.
equal(d.lyceum(['publish', path.join(d.state, 'notes.csv'), '--name', 'hidden']).status, 0, 'publish');
equal(d.lyceum(['ask', '--dataset', 'hidden', '--model', 'guide', 'how many rows are there?']).status, 0, 'ask');

const USERS = { gate: 'gate', query: 'query', effect: 'effect', egress: 'egress', plugin: 'plugin', stream: 'stream', 'agent public': 'agentpub', 'agent private': 'agentpriv', web: 'web' };
const run = (argv, o = {}) => spawnSync(argv[0], argv.slice(1), { encoding: 'utf8', ...o });
const uid = name => Number(run(['id', '-u', PREFIX + name]).stdout);
const proc = (pid, file) => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
const words = pid => proc(pid, 'cmdline').split('\0').filter(Boolean);
const service = pid => { const [program, mode] = words(pid); return `${path.basename(program).slice(7)}${mode ? ` ${mode}` : ''}`; };
const all = Object.keys(USERS).map(n => n.split(' ')[0]).filter((n, i, a) => a.indexOf(n) === i).flatMap(n => d.pids(n));
const field = (pid, name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(proc(pid, 'status'))[1].trim();

await s.test('every service runs, and each as a user of its own', () => {
  for (const name of Object.keys(USERS)) must(all.some(p => service(p) === name), `${name} does not run`);
  equal(new Set(Object.values(USERS).map(uid)).size, Object.keys(USERS).length, 'distinct users');
  for (const pid of all) {
    const want = uid(USERS[service(pid)]);
    must(want > 0, 'a user that is not root');
    equal(field(pid, 'Uid').split(/\s+/).map(Number), [want, want, want, want], `${service(pid)}: user ids`);
    must(!field(pid, 'Gid').split(/\s+/).includes('0') && !field(pid, 'Groups').split(/\s+/).includes('0'), `${service(pid)}: root's group`);
  }
});
await s.test('nobody of ours is root but supervisors, the master of nginx and the hourly look at marketplaces', () => {
  const ours = fs.readdirSync('/proc').filter(p => /^\d+$/.test(p)).filter(p => {
    try { return proc(p, 'cmdline').includes(d.state) && field(p, 'Uid').split(/\s+/)[0] === '0'; } catch { return false; }
  });
  // What looks at the marketplaces once an hour is the operator's command line, and a shell that sleeps in between.
  const script = path.join(d.state, 'app/hourly'), hourly = p => words(p)[1] === script;
  equal([fs.statSync(script).uid, (fs.statSync(script).mode & 0o777).toString(8)], [0, '755'], script);
  equal(ours.filter(hourly).length, 1, 'shells that wait for the next hour');
  for (const p of ours) must(/^(\S*\/)?(runsvdir|runsv|svlogd|nginx: master process)\b/.test(words(p)[0]) || hourly(p) || Number(p) === process.pid, `${words(p).join(' ')} runs as root`);
});
// The one that starts plugins has its rights inside a user namespace of its own, where nothing of the machine's is: only
// its own user and a range of ids that are nobody's.
const within = pid => fs.readlinkSync(`/proc/${pid}/ns/user`) !== fs.readlinkSync('/proc/self/ns/user');
await s.test('only the maker of plugins is in a user namespace, with its own ids alone', () => {
  equal(all.filter(within).map(service), ['plugin'], 'who is in one');
  const map = proc(all.find(within), 'uid_map').trim().split('\n').map(l => l.trim().split(/\s+/).map(Number));
  equal(map.map(m => [m[1], m[2]]), [[uid('plugin'), 1], [1990000000, 65536]], 'its ids');
});
await s.test('no capability is left and none can come back', () => {
  for (const pid of all) {
    if (!within(pid)) for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']) equal(Number(`0x${field(pid, set)}`), 0, `${service(pid)}: ${set}`);
    equal(field(pid, 'NoNewPrivs'), '1', `${service(pid)}: NoNewPrivs`);
  }
});
await s.test('system calls are filtered', () => {
  for (const pid of all) equal(field(pid, 'Seccomp'), '2', `${service(pid)}: Seccomp`);
});
await s.test('nobody can look into a process, and none leaves a core', () => {
  for (const pid of all) {
    equal(fs.statSync(`/proc/${pid}/status`).uid, 0, `${service(pid)}: dumpable`);
    equal(/^Max core file size\s+(\S+)\s+(\S+)/m.exec(proc(pid, 'limits')).slice(1), ['0', '0'], `${service(pid)}: core`);
    for (const file of ['mem', 'environ', 'maps', 'fd'])
      must(run(['setpriv', '--reuid', field(pid, 'Uid').split(/\s+/)[0], '--clear-groups', '--regid', field(pid, 'Gid').split(/\s+/)[0],
        file === 'fd' ? 'ls' : 'cat', `/proc/${pid}/${file}`]).status !== 0, `${service(pid)}: its own user reads ${file}`);
  }
});
await s.test('only egress has a network', () => {
  const own = fs.readlinkSync('/proc/self/ns/net');
  for (const pid of all) {
    const name = service(pid), inside = fs.readlinkSync(`/proc/${pid}/ns/net`);
    if (name === 'egress') { equal(inside, own, 'egress'); continue; }
    must(inside !== own, `${name} shares the machine's network`);
    const devices = proc(pid, 'net/dev').split('\n').slice(2).map(l => l.split(':')[0].trim()).filter(Boolean);
    equal(devices, ['lo'], `${name}: interfaces`);
    must(/^\s*lo:(\s+0)+\s*$/m.test(proc(pid, 'net/dev')), `${name}: bytes went over lo`);
    equal(proc(pid, 'net/tcp').trim().split('\n').length, 1, `${name}: TCP sockets`);
  }
});
await s.test('no process holds a descriptor of another\'s folder', () => {
  const may = { gate: ['authority', 'share'], query: ['followers', 'scratch', 'share'], effect: ['leaders', 'followers', 'scratch', 'share'], egress: ['secrets', 'share'], plugin: ['plugins', 'share'], stream: ['public', 'private', 'share'],
    'agent public': ['public', 'share'], 'agent private': ['private', 'share'], web: ['public', 'private', 'spool', 'share'] };
  for (const pid of all)
    for (const fd of fs.readdirSync(`/proc/${pid}/fd`)) {
      let to = '';
      try { to = fs.readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { continue; }
      if (!to.startsWith(`${d.state}/`)) continue;
      must(may[service(pid)].includes(path.relative(d.state, to).split('/')[0]), `${service(pid)} holds ${to}`);
    }
});

// File permissions alone: the user without the jail. ---------------------------------------------------------------------
const as = (name, command, ...args) => run(['setpriv', '--reuid', PREFIX + name, '--regid', PREFIX + name, '--init-groups', 'sh', '-c', command, '-', ...args]).status === 0;
const readers = {
  'authority/authority.db': ['gate'], 'authority/gate.key': ['gate'], 'leaders/effect.key': ['effect'], 'leaders/ledger.db': ['effect'],
  'leaders/notes.db': ['effect'], 'secrets/master.key': ['egress'], 'public/work.db': ['web', 'agentpub', 'stream'], 'private/work.db': ['web', 'agentpriv', 'stream'],
  'followers/notes/current.db': ['effect', 'query'],
};
for (const [file, who] of Object.entries(readers)) {
  await s.test(`${file} is read by ${who.join(', ')} alone, by file permissions`, () => {
    must(fs.existsSync(path.join(d.state, file)), `${file} is not there`);
    for (const name of Object.values(USERS)) equal(as(name, 'cat "$1" >/dev/null 2>&1', path.join(d.state, file)), who.includes(name), name);
    must(run(['setpriv', '--reuid', 'www-data', '--regid', 'www-data', '--init-groups', 'cat', path.join(d.state, file)]).status !== 0, 'www-data');
    must(run(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'cat', path.join(d.state, file)]).status !== 0, 'nobody');
  });
}
await s.test('secrets, leaders and the authority have no other way in', () => {
  for (const folder of ['authority', 'leaders', 'secrets'])
    for (const name of Object.values(USERS)) equal(as(name, 'ls "$1" >/dev/null 2>&1', path.join(d.state, folder)), readers[Object.keys(readers).find(f => f.startsWith(folder))].includes(name), `${name} lists ${folder}`);
});
await s.test('the spool is for web and effect', () => {
  for (const name of Object.values(USERS)) equal(as(name, 'ls "$1" >/dev/null 2>&1', path.join(d.state, 'spool')), ['web', 'effect'].includes(name), name);
});
await s.test('nobody replaces a program, a setting or a socket', () => {
  for (const name of Object.values(USERS))
    for (const file of ['app/bin/lyceum-gate', 'app/bin', 'lyceum.conf', 'nginx/nginx.conf', 'run', 'sv/gate/run', 'app/static', '.'])
      must(!as(name, 'test -w "$1"', path.join(d.state, file)), `${name} may write ${file}`);
});
await s.test('nobody replaces another\'s public key, epoch or list of revocations', () => {
  const owner = { 'gate.pub': 'gate', epoch: 'gate', revoked: 'gate', 'effect.pub': 'effect' };
  for (const [file, own] of Object.entries(owner))
    for (const name of Object.values(USERS).filter(n => n !== own)) {
      const at = path.join(d.state, 'share', file);
      must(!as(name, 'mv -f "$1" "$1.x" 2>/dev/null || rm -f "$1" 2>/dev/null || : >"$1" 2>/dev/null', at), `${name} replaces share/${file}`);
      must(fs.existsSync(at), `${file} is gone`);
    }
});
await s.test('a published dataset is written by effect alone', () => {
  const at = path.join(d.state, 'followers/notes/current.db');
  for (const name of Object.values(USERS).filter(n => n !== 'effect')) must(!as(name, 'test -w "$1" || test -w "$(dirname "$1")"', at), name);
});
await s.test('people\'s doors open for nginx alone', () => {
  for (const sock of ['web', 'gate-web', 'agent-public', 'agent-private', 'stream'])
    for (const name of Object.values(USERS)) must(!as(name, 'test -w "$1"', path.join(d.state, `run/${sock}.sock`)), `${name} may connect to ${sock}.sock`);
  for (const sock of ['gate', 'query', 'query-sql', 'effect', 'effect-try', 'egress', 'plugin', 'stream-in', 'agent-public-nudge', 'agent-private-nudge'])
    must(run(['setpriv', '--reuid', 'www-data', '--regid', 'www-data', '--init-groups', 'test', '-w', path.join(d.state, `run/${sock}.sock`)]).status !== 0, `www-data may connect to ${sock}.sock`);
});
d.stop();
s.end();
