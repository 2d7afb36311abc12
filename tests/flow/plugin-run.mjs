// plugin-run: the plugin service of a real deployment, started as root: the unit test's hostile plugins against it, and what
// the kernel says of plugins' processes: users, namespaces, files.
import { BUILD, Deployment, Suite, equal, must, until } from '../support/deployment.mjs';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
const test = path.join(BUILD, 'tests/unit_plugin_test_host');
if (process.getuid() !== 0 || !fs.existsSync(test)) {
  s.skip('plugin-run', 'only root can start each process as a user of its own');
  s.end();
  process.exit();
}
const d = await Deployment.start({ settings: { 'limits.plugin_cpu_ms': 1500 } });
const run = () => spawnSync(test, [], { encoding: 'utf8', env: { ...process.env, LYCEUM_PLUGIN_STATE: d.state, LYCEUM_CONF: path.join(d.state, 'lyceum.conf') }, timeout: 300000 });
const children = () => fs.readdirSync('/proc').filter(p => /^\d+$/.test(p)).filter(p => {
  try { return Number(/^Uid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${p}/status`, 'utf8'))[1]) >= 1990000000; } catch { return false; }
});
const field = (pid, name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1].trim();

await s.test('hostile plugins, the SDKs and a wrapped MCP server, each process under a user of its own', () => {
  const r = run();
  must(r.status === 0, (r.stdout + r.stderr).split('\n').filter(l => /ERROR|FAILED|error|set-up/.test(l)).join('\n').slice(0, 3000) || `ended with ${r.status} ${r.signal}`);
});
await s.test('warm processes: own users, no rights, filters, namespaces, an empty network and hardly a file', () => {
  const all = children();
  must(all.length > 0, 'a warm process is there');
  const own = ns => fs.readlinkSync(`/proc/self/ns/${ns}`);
  equal(new Set(all.map(p => field(p, 'Uid'))).size, all.length, 'users');
  for (const pid of all) {
    equal(Number(`0x${field(pid, 'CapEff')}`), 0, 'CapEff');
    equal(field(pid, 'NoNewPrivs'), '1', 'NoNewPrivs');
    equal(field(pid, 'Seccomp'), '2', 'Seccomp');
    equal(field(pid, 'Groups'), '', 'groups');
    equal(field(pid, 'NSpid').split(/\s+/).at(-1), '1', 'the first of its process ids');
    for (const ns of ['pid', 'net', 'mnt', 'ipc', 'user']) must(fs.readlinkSync(`/proc/${pid}/ns/${ns}`) !== own(ns), `${ns}`);
    equal(fs.readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n').slice(2).map(l => l.split(':')[0].trim()).filter(Boolean), ['lo'], 'interfaces');
    equal(fs.readdirSync(`/proc/${pid}/root/`).sort(), ['dev', 'etc', 'lib', 'lib32', 'lib64', 'plugin', 'scratch', 'usr'].filter(f => f !== 'lib32' || fs.existsSync('/lib32')), 'its root');
  }
  equal(new Set(all.map(p => fs.readlinkSync(`/proc/${p}/ns/net`))).size, all.length, 'networks');
});
await s.test('plugins end with the service, and a killed one comes back clean', async () => {
  d.kill('plugin');
  await until('no plugin is left', () => children().length === 0);
  await until('the service is back', () => d.pids('plugin').length === 2);
  equal(fs.readdirSync(path.join(d.state, 'run/plugin')).filter(f => f !== 'root'), [], 'copies of bundles');
});
await s.test('nobody else reads or writes what plugins run from', () => {
  for (const name of ['web', 'agentpub', 'query']) {
    const r = spawnSync('setpriv', ['--reuid', `lyceum-${name}`, '--regid', `lyceum-${name}`, '--init-groups', 'sh', '-c', 'ls "$1" || touch "$1/x"', '-', path.join(d.state, 'run/plugin')]);
    must(r.status !== 0, name);
  }
});
await s.test('where no user namespace can be made: one user, no mounts, and Landlock and filters hold', () => {
  const r = spawnSync(path.join(BUILD, 'tests/without_namespaces'), [test], { encoding: 'utf8', timeout: 300000 });
  must(r.status === 0 && r.stderr.includes('does not let us make user namespaces'), (r.stdout + r.stderr).split('\n').filter(l => /ERROR|FAILED|error|set-up|without/.test(l)).join('\n').slice(0, 3000) || `ended with ${r.status} ${r.signal}`);
});
d.stop();
s.end();
