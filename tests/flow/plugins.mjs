// plugins: a plugin made from the Python template: packed, signed, installed, called from a chat, seen on its page; an update
// that wants more is held back; consent, the way back, and off at once.
import { BUILD, Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const d = await Deployment.start({ settings: { 'test.fetch_loopback': true }, env: { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LYCEUM_SDK: path.join(ROOT, 'plugins/sdk') } });
const model = await scriptModel();
const project = path.join(home, 'words');

function plugin(args, status = 0) {
  const r = d.lyceum(['plugin', ...args]);
  equal(r.status, status, `plugin ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}
const record = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'example/words');
let n = 0;
// The project as it is now, as a signed bundle.
function bundle(after = null) {
  const out = path.join(home, `bundle${++n}`);
  plugin(['pack', project, '--out', out, ...(after ? ['--after', after] : [])]);
  plugin(['sign', out, '--key', 'words']);
  return out;
}
const edit = (file, from, to) => {
  const at = path.join(project, file), text = fs.readFileSync(at, 'utf8');
  must(text.includes(from), `${file} has no ${from}`);
  fs.writeFileSync(at, text.replace(from, to));
};

fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 9 }, (_, i) => ({ id: i + 1, name: `repo-${i}` })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0);
equal(d.lyceum(['model', 'set', 'words', '--api', 'openai-chat', '--url', `${model.url}/agent/counts-words/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']).status, 0);
const cookies = new Map();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');

async function start(name) {
  const r = await d.post('/-/chat', { question: 'How many words?', dataset: 'repos', model: name }, { cookies });
  equal(r.status, 303, r.body);
  return new URL(r.headers.location, d.url).pathname;
}
// Asks, and gives the page of the chat once the turn is over.
async function ask(name = 'words') {
  return ended(await start(name));
}
function ended(at) {
  return until('the turn ends', async () => {
    const page = await d.get(at, { cookies });
    return /data-outcome="[a-z_]+"/.test(page.body) ? page.body : null;
  }, 60);
}
const answered = page => { holds(page, 'data-outcome="done"'); holds(page, 'data-testid="block"'); holds(page, '3 words; the longest is'); holds(page, 'data-plugin="example/words"'); };

await s.test('charts comes with the program, signed by this deployment, and follows it', () => {
  const charts = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'lyceum/charts');
  equal([charts().level, charts().state, charts().serial, charts().public_reads], ['bundled', 'on', 1, 'public']);
  const again = build => { const r = d.run([path.join(ROOT, 'deploy/scripts/plugins'), path.join(d.state, 'app/bin/lyceum'), build, d.state]); equal(r.status, 0, r.stderr); };
  again(BUILD);
  equal(charts().serial, 1, 'the same files are the same version');
  const next = path.join(home, 'build');
  fs.cpSync(path.join(BUILD, 'plugins'), path.join(next, 'plugins'), { recursive: true });
  const tool = path.join(next, 'plugins/charts/tools/render_chart.json'), text = JSON.parse(fs.readFileSync(tool, 'utf8'));
  text.description = 'Draws rows otherwise.';
  fs.chmodSync(tool, 0o644);
  fs.writeFileSync(tool, JSON.stringify(text));
  again(next);
  equal([charts().serial, charts().state, charts().held], [2, 'on', undefined], 'whoever installs the program consents to what comes with it');
});

let first, second, key;
await s.test('from the template to an installed plugin', () => {
  plugin(['key', 'new', 'words', '--as', 'example/key']);
  key = /example\/key\+[0-9a-f]{8}\+\S+/.exec(plugin(['key', 'show', 'words']))[0];
  plugin(['new', 'example/words', '--lang', 'python', '--to', project, '--publisher', 'example/key']);
  first = bundle();
  holds(plugin(['install', first], 1), 'which key', 'no key is named');
  holds(plugin(['install', first, '--key', key]), 'Installed.');
  equal(record().state, 'off');
  equal(record().abc, '100');
});
await s.test('off, its tool is not there; on, a chat calls it and its page shows the block', async () => {
  const before = await ask();
  must(!before.includes('data-testid="block"'), 'a block of a plugin that is off');
  plugin(['enable', 'example/words']);
  answered(await ask());
});
await s.test('an update that asks for no more takes its place at once', async () => {
  edit('manifest', 'version 0.1.0', 'version 0.1.1');
  edit('plugin.py', 'words; the longest is', 'words; the longest is now');
  second = bundle(first);
  holds(plugin(['upgrade', 'example/words', second]), 'Updated');
  holds(await ask(), '3 words; the longest is now');
});
await s.test('one click back', async () => {
  plugin(['rollback', 'example/words']);
  equal(record().version, '0.1.0');
  const page = await ask();
  answered(page);
  must(!page.includes('the longest is now'), 'the version before');
  holds(plugin(['consent', 'example/words']), '0.1.1', 'the newer one waits');
});
await s.test('an update with one more host is held back until consent', async () => {
  fs.writeFileSync(path.join(project, 'tools/look_up.json'), JSON.stringify({ name: 'look_up', description: 'Looks a word up.', input_schema: { type: 'object', properties: { word: { type: 'string' } } } }));
  fs.appendFileSync(path.join(project, 'manifest'), 'cap net GET https://words.example:443\ntool look_up E3 tools/look_up.json dry-run\n');
  edit('manifest', 'version 0.1.1', 'version 0.2.0');
  const out = plugin(['upgrade', 'example/words', bundle(second)]);
  holds(out, 'Held back');
  holds(out, 'https://words.example');
  equal(record().version, '0.1.0');
  answered(await ask()); // the version that was consented to serves on
  const held = record().held;
  equal(held.version, '0.2.0');
  holds(plugin(['consent', 'example/words', 'f'.repeat(64)], 1), 'Look again');
  plugin(['consent', 'example/words', held.digest]);
  equal(record().version, '0.2.0');
  equal(record().abc, '101');
  holds(await ask(), '3 words; the longest is now');
  plugin(['rollback', 'example/words']);
  equal(record().version, '0.1.0');
});
await s.test('a changed byte and another key are refused', () => {
  edit('manifest', 'version 0.2.0', 'version 0.3.0');
  const forged = bundle(second);
  fs.chmodSync(path.join(forged, 'plugin.py'), 0o644);
  fs.appendFileSync(path.join(forged, 'plugin.py'), '\nprint("hello")\n');
  holds(plugin(['install', forged, '--key', key], 1), 'plugin.py');
  plugin(['key', 'new', 'mallory', '--as', 'example/key2']);
  const other = /example\/key2\+[0-9a-f]{8}\+\S+/.exec(plugin(['key', 'show', 'mallory']))[0];
  plugin(['install', second, '--key', other], 1);
  equal(record().version, '0.1.0');
});
await s.test('revoked, it stops at once; removed, it is gone with its files', async () => {
  const { digest } = record();
  plugin(['revoke', 'example/words', '--digest', digest, '--why', 'It was a test.']);
  equal(record().state, 'revoked');
  must(!(await ask()).includes('data-testid="block"'), 'a revoked plugin answered');
  holds(d.lyceum(['plugin', 'list']).stdout, 'It was a test.');
  plugin(['remove', 'example/words']);
  equal(record(), undefined);
  must(!fs.existsSync(path.join(d.state, 'plugins', digest)), 'its files');
});
// A plugin that sends: a server of this machine stands for the outside.
const asked = [];
const outside = http.createServer((q, r) => { asked.push({ method: q.method, url: q.url, key: q.headers.authorization }); r.setHeader('content-type', 'application/json'); r.end('{"place":"Chicago"}'); });
await new Promise(r => outside.listen(0, '127.0.0.1', r));
const origin = `http://127.0.0.1:${outside.address().port}`, sender = path.join(home, 'places');
equal(d.lyceum(['model', 'set', 'places', '--api', 'openai-chat', '--url', `${model.url}/agent/finds-places/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']).status, 0);
const approvals = () => d.sql('authority/authority.db', "SELECT id FROM approval WHERE kind = 'plugin' AND state = 'pending'").map(r => r[0]);

await s.test('one that sends: asked about with its exact bytes, then to its declared host alone, with its key', async () => {
  plugin(['new', 'example/places', '--lang', 'python', '--to', sender, '--publisher', 'example/key']);
  fs.rmSync(path.join(sender, 'tools'), { recursive: true });
  fs.mkdirSync(path.join(sender, 'tools'));
  fs.writeFileSync(path.join(sender, 'tools/find_place.json'), JSON.stringify({ name: 'find_place', description: 'Finds a place.', input_schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } }));
  fs.writeFileSync(path.join(sender, 'plugin.py'), `import lyceum

@lyceum.tool
def find_place(args, host):
    said = []
    for url in ("${origin}/find?name=" + args["name"], "${origin.replace('127.0.0.1', 'localhost')}/elsewhere"):
        try:
            said.append(host.fetch("GET", url)["body"])
        except lyceum.Error as e:
            said.append("refused: " + str(e))
    return " | ".join(said)

lyceum.run()
`);
  fs.writeFileSync(path.join(sender, 'manifest'), `id example/places\nversion 1.0.0\npublisher example/key\nruntime python3 plugin.py\ncap net GET ${origin}\nsecret PLACES_KEY 127.0.0.1\ntool find_place E3 tools/find_place.json dry-run\n`);
  fs.rmSync(path.join(sender, 'tests.json'), { force: true });
  const out = path.join(home, 'places-bundle');
  plugin(['pack', sender, '--out', out]);
  plugin(['sign', out, '--key', 'words']);
  plugin(['install', out, '--key', key, '--enable']);
  equal(d.lyceum(['secret', 'set', 'plugin:example:places:PLACES_KEY'], { input: 'sk-places\n' }).status, 0);
  const at = await start('places');
  const id = await until('the approval', () => approvals()[0]);
  equal(asked.length, 0, 'nothing is sent before');
  const led = await d.lead(cookies, id), approve = new Map();
  equal((await d.enter(approve, id, new URL(led.headers.location).searchParams.get('code'))).status, 303);
  const page = await d.approval(approve, id);
  for (const part of ['example/places', 'find_place', '{&quot;name&quot;:&quot;Chicago&quot;}', origin]) holds(page.body.replaceAll('&#34;', '&quot;'), part, 'the approval');
  equal((await d.answer(approve, page, { answer: 'approve', read: 'yes' })).status, 303);
  const body = await ended(at);
  holds(body, 'data-plugin="example/places"');
  holds(body, 'Chicago');
  holds(body, 'refused:');
  equal(asked, [{ method: 'GET', url: '/find?name=Chicago', key: 'Bearer sk-places' }]);
  must(!body.includes('sk-places'), 'the key on the page');
});
await s.test('declined, nothing is sent; with private data it is not even offered', async () => {
  const at = await start('places');
  const id = await until('the approval', () => approvals()[0]);
  equal((await d.decide(cookies, id, 'decline')).approved, false);
  must(!(await ended(at)).includes('data-testid="block"'), 'a block');
  equal(asked.length, 1);
  equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'hidden', '--table', 'repos', '--private']).status, 0);
  const r = await d.post('/-/chat', { question: 'Where?', dataset: 'hidden', model: 'places' }, { cookies });
  must(!(await ended(new URL(r.headers.location, d.url).pathname)).includes('data-testid="block"'), 'a block');
  equal(approvals(), []);
  equal(asked.length, 1);
});
outside.close();
await s.test('charts, image-gen and a plugin that reads private data: the set is refused by name, the pairs are not', () => {
  fs.writeFileSync(path.join(project, 'manifest'), 'id example/books\nversion 1.0.0\npublisher example/key\nruntime python3 plugin.py\ncap read.dataset private\ntool count_words E0 tools/count_words.json\n');
  fs.rmSync(path.join(project, 'tools/look_up.json'), { force: true });
  plugin(['install', bundle(), '--key', key]);
  plugin(['disable', 'example/places']);
  plugin(['enable', 'lyceum/image-gen']); // beside charts
  const out = plugin(['enable', 'example/books'], 1);
  for (const part of ['lyceum/image-gen', 'example/books', 'may not read private data']) holds(out, part);
  holds(plugin(['closure', 'example/books'], 1), 'lyceum/image-gen');
  plugin(['disable', 'lyceum/image-gen']);
  plugin(['enable', 'example/books']); // beside charts
  holds(plugin(['enable', 'lyceum/image-gen'], 1), 'example/books');
  plugin(['set', 'example/books', '--reads-in-public', 'public']);
  plugin(['enable', 'lyceum/image-gen']);
});
await s.test('the scripted model was sent no illegal request', async () => equal((await model.json('/_violations')).filter(v => !JSON.stringify(v).match(/count_words|find_place/)), []));
model.stop();
d.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
