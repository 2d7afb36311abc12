// plugins-market: a marketplace from nothing: a publisher, two reviewers, a plugin in it; installed by its name, called from a
// chat, an update that wants more held back, and a revocation that stops it everywhere.
import { Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const d = await Deployment.start({ env: { LYCEUM_TEST_ENV: 'LYCEUM_HOURLY_FIRST=1', HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LYCEUM_SDK: path.join(ROOT, 'plugins/sdk') } });
const model = await scriptModel();
const shop = path.join(home, 'shop'), project = path.join(home, 'words');

function run(args, status = 0) {
  const r = d.lyceum(args);
  equal(r.status, status, `${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}
function key(name, as) {
  run(['plugin', 'key', 'new', name, '--as', as]);
  return run(['plugin', 'key', 'show', name]).match(/\S+\+[0-9a-f]{8}\+\S+/)[0];
}
const record = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'acme/words');
let n = 0;
// Packed, signed, vetted by both, put into the marketplace.
function publish(after = null, reviewers = ['ada', 'bob']) {
  const out = path.join(home, `bundle${++n}`);
  run(['plugin', 'pack', project, '--out', out, ...(after ? ['--after', after] : [])]);
  run(['plugin', 'sign', out, '--key', 'acme']);
  for (const r of reviewers) run(['plugin', 'vet', out, '--key', r]);
  run(['plugin', 'publish', out, '--to', shop]);
  run(['market', 'refresh', shop, '--key', 'root']);
  return out;
}
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: [{ id: 1, name: 'a' }] }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0);
run(['model', 'set', 'words', '--api', 'openai-chat', '--url', `${model.url}/agent/counts-words/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']);
const cookies = new Map();
equal((await d.post(/\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(run(['signin-link', 'admin']))[0], {}, { cookies })).status, 303);
async function ask() {
  const r = await d.post('/-/chat', { question: 'How many words?', dataset: 'repos', model: 'words' }, { cookies });
  const at = new URL(r.headers.location, d.url).pathname;
  return until('the turn ends', async () => {
    const page = await d.get(at, { cookies });
    return /data-outcome="[a-z_]+"/.test(page.body) ? page.body : null;
  }, 60);
}

let first, second;
await s.test('a marketplace, a publisher, two reviewers, a plugin', () => {
  const root = key('root', 'shop.example/root'), acme = key('acme', 'acme.example/2026a'), ada = key('ada', 'ada.example/1'), bob = key('bob', 'bob.example/1');
  run(['market', 'init', shop, '--origin', 'shop.example', '--key', 'root', '--reviewer', ada, '--reviewer', bob, '--threshold', '2']);
  run(['market', 'publisher', shop, 'acme', acme, '--key', 'root']);
  run(['plugin', 'new', 'acme/words', '--lang', 'python', '--to', project, '--publisher', 'acme.example/2026a']);
  first = publish();
  run(['market', 'add', shop, '--root', root, '--name', 'shop']);
  run(['market', 'update', 'shop']);
});
await s.test('installed by its name, called from a chat', async () => {
  holds(run(['plugin', 'install', 'acme/words', '--market', 'shop', '--enable']), 'Installed.');
  const p = record();
  equal([p.level, p.market, p.serial, p.reviewers.length], ['community', 'shop', 1, 2]);
  must(p.log_index >= 0, 'its place in the log');
  holds(await ask(), 'data-plugin="acme/words"');
});
await s.test('one reviewer is not two', () => {
  fs.appendFileSync(path.join(project, 'plugin.py'), '\n# one\n');
  run(['plugin', 'pack', project, '--out', path.join(home, 'single'), '--after', first]);
  run(['plugin', 'sign', path.join(home, 'single'), '--key', 'acme']);
  run(['plugin', 'vet', path.join(home, 'single'), '--key', 'ada']);
  d.lyceum(['plugin', 'publish', path.join(home, 'single'), '--to', shop]);
  d.lyceum(['market', 'refresh', shop, '--key', 'root']);
  d.lyceum(['market', 'update', 'shop']);
  d.lyceum(['plugin', 'upgrade', 'acme/words']);
  equal([record().serial, record().held], [1, undefined]);
  fs.rmSync(path.join(shop, 'plugins/acme/words/2'), { recursive: true, force: true });
});
await s.test('with both, the update that asks for no more takes its place', async () => {
  second = publish(first);
  run(['market', 'update', 'shop']);
  holds(run(['plugin', 'upgrade', 'acme/words']), 'Updated');
  equal(record().serial, 2);
});
// Python processes below lyceum-plugin: what runs of plugins.
function running() {
  const parent = new Map(), own = new Set(d.pids('plugin'));
  for (const pid of fs.readdirSync('/proc').filter(x => /^\d+$/.test(x))) {
    try { parent.set(Number(pid), Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])); } catch { /* gone */ }
  }
  const below = pid => own.has(pid) || (parent.has(pid) && parent.get(pid) > 1 && below(parent.get(pid)));
  return [...parent.keys()].filter(pid => { try { return below(pid) && fs.readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('python'); } catch { return false; } });
}
await s.test('an update that is offered is told until it is taken', () => {
  const offers = () => JSON.parse(run(['plugin', 'list', '--json'])).notices.filter(x => x.kind === 'offer').map(x => x.text);
  equal(offers(), []);
  fs.appendFileSync(path.join(project, 'plugin.py'), '\n# three\n');
  publish(second);
  run(['market', 'update', 'shop', '--quiet']);
  holds(offers().join(), 'The marketplace shop offers version');
  equal(record().serial, 2);
  holds(run(['plugin', 'upgrade', 'acme/words']), 'Updated');
  equal(offers(), []);
});
await s.test('revoked in the marketplace, it stops here with the hourly check, its processes too; a marketplace that is silent is in nobody\'s way', async () => {
  const mute = run(['plugin', 'key', 'show', 'root']).match(/\S+\+[0-9a-f]{8}\+\S+/)[0];
  run(['market', 'add', 'http://127.0.0.1:9', '--root', mute, '--name', 'a-silent-one']);
  holds(await ask(), 'data-plugin="acme/words"');
  must(running().length > 0, 'a warm process');
  run(['market', 'revoke', shop, 'acme/words', '3', '--key', 'root']);
  equal(record().state, 'on', 'nobody looked yet');
  equal(d.run(['sv', 'restart', path.join(d.state, 'sv/market')]).status, 0);
  await until('the hourly check', () => record().state === 'revoked');
  await until('its processes to end', () => running().length === 0);
  equal(JSON.parse(run(['plugin', 'list', '--json'])).notices.filter(x => x.kind === 'running'), []);
  holds(d.logs(), 'a-silent-one: refused');
  equal(d.run(['sv', 'status', path.join(d.state, 'sv/market')]).stdout.startsWith('run:'), true, 'it goes on');
  holds(run(['market', 'update'], 1), '1 of 2 marketplaces');
  run(['market', 'remove', 'a-silent-one']);
  holds(run(['plugin', 'list']), 'revoked');
  must(!(await ask()).includes('data-testid="block"'), 'a revoked plugin answered');
  run(['plugin', 'enable', 'acme/words'], 1);
  run(['plugin', 'rollback', 'acme/words']); // the version before is still good
  equal([record().serial, record().state], [2, 'on']);
  holds(await ask(), 'data-plugin="acme/words"');
});
model.stop();
d.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
