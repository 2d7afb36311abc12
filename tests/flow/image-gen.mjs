// image-gen: a picture asked for in a chat: the exact prompt approved, drawn by a server of this machine that answers as the
// real one does, kept by its hash, seen by who may read the conversation and by nobody else.
import { BUILD, Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { imagesServer } from '../support/images.mjs';
import { scriptModel } from '../support/model.mjs';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const KEY = 'sk-pictures-0123456789', ID = 'lyceum/image-gen', DECLARED = 'https://api.openai.com:443';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-scenarios-'));
// A model that calls the tool with these arguments, then ends.
const scenarios = {
  fox: { prompt: 'A red fox <b>under</b> a birch', alt: 'A fox under a birch', size: '1024x1024', quality: 'low' },
  large: { prompt: 'three megabytes of noise', alt: 'Noise' },
  huge: { prompt: 'a picture that is far too large', alt: 'Noise' },
  forbidden: { prompt: 'something forbidden', alt: 'Nothing' },
  often: { prompt: 'one too often', alt: 'Nothing' },
  poor: { prompt: 'a picture for no money', alt: 'Nothing' },
  down: { prompt: 'a broken server', alt: 'Nothing' },
  short: { prompt: 'a reply cut short', alt: 'Nothing' },
  gone: { prompt: 'a cut connection', alt: 'Nothing' },
  size: { prompt: 'x', alt: 'Nothing', size: '7x7' },
  stream: { prompt: 'a stream', alt: 'A stream' },
  half: { prompt: 'a broken stream', alt: 'Half a stream' },
};
for (const [name, args] of Object.entries(scenarios))
  fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ turns: [{ tool_calls: [{ name: 'generate_image', arguments: args }] }, { text: 'That is all.' }] }));
const d = await Deployment.start();
const images = await imagesServer(KEY), model = await scriptModel(folder);

function lyceum(args, { status = 0, input } = {}) {
  const r = d.lyceum(args, { input });
  equal(r.status, status, `${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}
async function signedIn(name) {
  const cookies = new Map(), link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(lyceum(['signin-link', name]))[0];
  equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');
  return cookies;
}
lyceum(['user', 'add', 'ann', '--no-password']);
lyceum(['user', 'add', 'bob', '--no-password']);
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: [{ id: 1, name: 'one' }] }));
lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']);
lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'hidden', '--table', 'repos', '--private']);
lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' });
for (const name of Object.keys(scenarios))
  lyceum(['model', 'set', name, '--api', 'openai-chat', '--url', `${model.url}/agent/${name}/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']);
const ann = await signedIn('ann'), bob = await signedIn('bob'), admin = await signedIn('admin'), nobody = new Map();
const record = () => JSON.parse(lyceum(['plugin', 'list', '--json'])).plugins.find(p => p.id === ID);
const pending = () => d.sql('authority/authority.db', "SELECT id FROM approval WHERE kind = 'plugin' AND state = 'pending'").map(r => r[0]);

async function start(name, dataset = 'repos', cookies = ann) {
  const r = await d.post('/-/chat', { question: 'Draw it', dataset, model: name }, { cookies });
  equal(r.status, 303, r.body);
  return new URL(r.headers.location, d.url).pathname;
}
const ended = (at, cookies = ann) => until('the turn ends', async () => {
  const page = await d.get(at, { cookies });
  return /data-outcome="[a-z_]+"/.test(page.body) ? page.body : null;
});
const approval = () => until('the approval', () => pending()[0]);
// Asked, approved, done: the page and where it is.
async function drawn(name) {
  const at = await start(name);
  equal((await d.decide(ann, await approval(), 'approve')).approved, true, `${name} approved`);
  return { at, page: await ended(at) };
}
const pictureOf = page => /<img src="(\/-\/artifact\/[0-9a-f]{64})"/.exec(page)?.[1];
// Bytes, not text.
const bytes = (url, cookies, headers = {}) => new Promise((resolve, reject) => {
  http.get(d.url + url, { headers: { ...headers, cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') }, agent: false }, r => {
    const parts = [];
    r.on('data', p => parts.push(p));
    r.on('end', () => resolve({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) }));
  }).on('error', reject);
});

await s.test('it comes with the program: charts on, image-gen off, whose tool no chat has', async () => {
  equal([record().state, record().level, record().abc], ['off', 'bundled', '101']);
  must(!(await ended(await start('fox'))).includes('data-testid="block"'), 'a block');
  equal([pending(), images.asked.length], [[], 0]);
});
await s.test('an admin says where it sends; only what it declares, only over TLS or to this machine', () => {
  lyceum(['plugin', 'enable', ID]);
  holds(lyceum(['plugin', 'set', ID, '--endpoint', 'https://other.example:443=https://x.example'], { status: 1 }), 'does not declare');
  holds(lyceum(['plugin', 'set', ID, '--endpoint', `${DECLARED}=http://x.example`], { status: 1 }), 'https://');
  lyceum(['plugin', 'set', ID, '--endpoint', `${DECLARED}=${images.url}/proxy`, 'price_in=5', 'price_out=40']);
  equal(record().nets, [{ method: 'POST', origin: DECLARED, to: `${images.url}/proxy` }]);
});
await s.test('without its key nothing is sent, and it is told what to do', async () => {
  holds((await drawn('fox')).page, 'lyceum secret set');
  equal(images.asked.length, 0);
  lyceum(['secret', 'set', 'plugin:lyceum:image-gen:OPENAI_API_KEY'], { input: `${KEY}\n` });
});

await s.test('on the page too, where it is approved with a password first', async () => {
  const url = '/-/plugins/lyceum/image-gen', field = `to.${DECLARED}`, password = 'correct horse battery staple';
  equal((await d.post('/-/account/password', { password }, { cookies: admin })).status, 303, 'password');
  holds((await d.get(url, { cookies: admin })).body, `name="${field}" type="url" value="${images.url}/proxy"`);
  must([401, 403, 404].includes((await d.post(url, { do: 'point', [field]: 'https://evil.example' }, { cookies: ann })).status), 'ann');
  const r = await d.post(url, { do: 'point', [field]: `${images.url}/other` }, { cookies: admin }), id = /p_[a-z2-9]{26}/.exec(r.headers.location ?? '')?.[0];
  must(id, `${r.status} ${r.headers.location}`);
  equal(record().nets[0].to, `${images.url}/proxy`, 'before it is approved');
  equal((await d.decide(admin, id, 'approve')).approved, false, 'without the password');
  const given = await d.decide(admin, id, 'approve', { password });
  equal(given.approved, true, `with it: ${given.status}`);
  equal(record().nets[0].to, `${images.url}/other`);
  lyceum(['plugin', 'set', ID, '--endpoint', `${DECLARED}=${images.url}/proxy`]);
});

let at, picture;
await s.test('the exact prompt is approved, then it is drawn, and the picture is on the page', async () => {
  at = await start('fox');
  const id = await approval(), led = await d.lead(ann, id), approve = new Map();
  equal((await d.enter(approve, id, new URL(led.headers.location).searchParams.get('code'))).status, 303);
  const shown = await d.approval(approve, id);
  for (const part of ['generate_image', 'A red fox \\u003cb\\u003eunder\\u003c/b\\u003e a birch', images.url, DECLARED]) holds(shown.body.replaceAll('&lt;b&gt;', '\\u003cb\\u003e').replaceAll('&lt;/b&gt;', '\\u003c/b\\u003e'), part, 'the approval');
  must(!shown.body.includes('<b>under'), 'the prompt is text');
  equal(images.asked.length, 0, 'nothing is sent before');
  equal((await d.answer(approve, shown, { answer: 'approve', read: 'yes' })).status, 303);
  const page = await ended(at);
  equal(images.asked.map(a => [a.method, a.url, a.auth, a.body]), [['POST', '/proxy/v1/images/generations', `Bearer ${KEY}`, { model: 'gpt-image-1', prompt: scenarios.fox.prompt, n: 1, size: '1024x1024', quality: 'low' }]]);
  picture = pictureOf(page);
  must(picture, page.slice(0, 3000));
  for (const part of ['alt="A fox under a birch"', 'width="64"', 'height="32"', 'download', '64 x 32', '4,170 tokens, about 0.166 USD', 'data-plugin="lyceum/image-gen"']) holds(page, part);
  must(!page.includes(KEY) && !d.logs().includes(KEY) && !d.logs().includes('red fox'), 'the key or the prompt');
});
await s.test('its bytes are a picture that can do nothing, for its owner alone', async () => {
  const r = await bytes(picture, ann);
  equal([r.status, r.headers['content-type'], r.headers['x-content-type-options'], r.headers['cache-control']], [200, 'image/png', 'nosniff', 'private, no-cache']);
  holds(r.headers['content-security-policy'], "default-src 'none'; sandbox");
  holds(r.headers['content-disposition'], 'inline; filename="picture-');
  equal(r.body.subarray(0, 4).toString('latin1'), '\x89PNG');
  equal((await bytes(picture, ann, { 'if-none-match': r.headers.etag })).status, 304);
  for (const [who, cookies] of [['bob', bob], ['nobody', nobody], ['admin', admin]]) {
    const other = await bytes(picture, cookies, { 'if-none-match': r.headers.etag });
    equal([other.status, other.headers['cache-control']], [404, 'no-store'], who);
  }
  for (const url of [`/-/artifact/${'0'.repeat(64)}`, '/-/artifact/x', `/-/artifact/${'A'.repeat(64)}`]) equal((await bytes(url, ann)).status, 404, url);
});
await s.test('a shared answer shows its picture to whoever has the link, until it is ended, and no other picture', async () => {
  const turn = /data-turn="(t_[a-z2-9]{26})"/.exec((await d.get(at, { cookies: ann })).body)?.[1] ?? d.sql('public/work.db', `SELECT id FROM turn WHERE conversation = '${at.split('/').pop()}'`)[0][0];
  let made = await d.post(`${at}/share`, { turn }, { cookies: ann });
  if (made.status === 303) { equal((await d.decide(ann, /p_[a-z2-9]{26}/.exec(made.headers.location)[0], 'approve')).approved, true); made = await d.post(`${at}/share`, { turn }, { cookies: ann }); }
  const link = /\/-\/h\/h_[a-z2-9]{26}/.exec(made.body)[0], page = await d.get(link, { cookies: nobody });
  const shown = /<img src="(\/-\/h\/h_[a-z2-9]{26}\/artifact\/[0-9a-f]{64})" alt="A fox under a birch"/.exec(page.body)?.[1];
  must(shown, page.body.slice(0, 3000));
  equal((await bytes(shown, nobody)).status, 200);
  const other = pictureOf((await drawn('large')).page).split('/').pop();
  equal((await bytes(`${link}/artifact/${other}`, nobody)).status, 404, 'a picture of another answer');
  equal((await d.post(`${at}/unshare`, { share: link.split('/').pop() }, { cookies: ann })).status, 303);
  equal((await bytes(shown, nobody)).status, 404, 'ended');
});
await s.test('3 MB come through whole, in bounded memory', async () => {
  const peak = name => Math.max(...d.pids(name).map(p => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${p}/status`, 'utf8'))[1])));
  const { page } = await drawn('large'), r = await bytes(pictureOf(page), ann);
  must(r.body.length > 3e6, `${r.body.length} bytes`);
  equal(r.body.subarray(-8, -4).toString('latin1'), 'IEND');
  must(peak('egress') < 32 << 10 && peak('plugin') < 80 << 10, `egress ${peak('egress')} kB, plugin ${peak('plugin')} kB`);
});
await s.test('what goes wrong is told in a sentence, and nothing is kept', async () => {
  const says = {
    forbidden: 'safety system refused this prompt', often: 'Please try again in 12s', poor: 'budget for this key is used up', down: 'failed (status 500)', short: 'broke off after',
    gone: 'in the middle of its reply', huge: 'sent more than the 5767168 bytes', size: '1024x1024 1536x1024 1024x1536' };
  const count = () => d.sql('public/work.db', 'SELECT count(*) FROM artifact')[0][0], before = count();
  for (const [name, sentence] of Object.entries(says)) {
    const { page } = await drawn(name);
    holds(page, sentence, name);
    must(!pictureOf(page), `${name}: a picture`);
  }
  equal(count(), before);
});
await s.test('a stream gives its last picture; one that breaks off the last on the way, and says so', async () => {
  lyceum(['plugin', 'set', ID, 'partials=2']);
  const whole = (await drawn('stream')).page, half = (await drawn('half')).page;
  must(pictureOf(whole) && !whole.includes('Unfinished'), 'whole');
  must(pictureOf(half), 'half');
  holds(half, 'Unfinished: the reply broke off');
  lyceum(['plugin', 'set', ID, 'partials=0']);
});
await s.test('a prompt that was changed after the approval was asked for is not sent', async () => {
  const n = images.asked.length, chat = await start('fox'), id = await approval();
  d.sql('public/work.db', `UPDATE call SET args = replace(args, 'red fox', 'red tank') WHERE turn IN (SELECT id FROM turn WHERE conversation = '${chat.split('/').pop()}')`);
  equal((await d.decide(ann, id, 'approve')).approved, true);
  must(!pictureOf(await ended(chat)), 'a picture');
  equal(images.asked.length, n, 'sent');
});
await s.test('nor is one whose approval was written over, or asked for before the destination changed', async () => {
  const n = images.asked.length;
  let chat = await start('fox'), id = await approval();
  d.sql('authority/authority.db', `UPDATE approval SET args = replace(args, 'red fox', 'red tank') WHERE id = '${id}'`);
  equal((await d.decide(ann, id, 'approve')).approved, false);
  await d.post(`${chat}/stop`, {}, { cookies: ann });
  chat = await start('fox');
  id = await until('another approval', () => pending().find(p => p !== id));
  lyceum(['plugin', 'set', ID, '--endpoint', `${DECLARED}=${images.url}`]);
  equal((await d.decide(ann, id, 'approve')).approved, false);
  equal(images.asked.length, n, 'sent');
});
await s.test('declined, nothing is sent', async () => {
  const n = images.asked.length, chat = await start('fox'), id = await until('the approval', () => pending().at(-1));
  await d.decide(ann, id, 'decline');
  must(!pictureOf(await ended(chat)), 'a picture');
  equal(images.asked.length, n);
});
await s.test('a private conversation does not have the tool, and who calls it all the same is refused', async () => {
  const n = images.asked.length, page = await ended(await start('fox', 'hidden', admin), admin);
  must(!page.includes('data-testid="block"'), 'a block');
  equal([pending().length, images.asked.length], [0, n]);
  equal(d.sql('private/work.db', 'SELECT count(*) FROM artifact'), [[0]]);
});
await s.test('deleted with its conversation', async () => {
  const id = at.split('/').pop();
  must(d.sql('public/work.db', `SELECT count(*) FROM artifact WHERE conversation = '${id}'`)[0][0] > 0, 'kept until then');
  equal((await d.post(`${at}/delete`, {}, { cookies: ann })).status, 303);
  equal(d.sql('public/work.db', `SELECT count(*) FROM artifact WHERE conversation = '${id}'`), [[0]]);
});
await s.test('deploy/up again, twice at once: nothing is installed anew', async () => {
  const before = record(), up = () => new Promise(resolve => {
    const child = spawn(path.join(ROOT, 'deploy/up'), ['--yes', '--best-effort', '--no-demo', '--build', BUILD], { env: d.env });
    let said = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', b => { said += b; });
    child.on('close', status => resolve({ status, said }));
  });
  for (const { status, said } of await Promise.all([up(), up()])) { equal(status, 0, said); must(!said.includes('could not all be installed'), said); }
  equal([record().digest, record().serial, record().state], [before.digest, before.serial, before.state]);
});
await s.test('a program with another plugin in it brings the next version, with the same settings', () => {
  const build = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-build-')), before = record();
  fs.cpSync(path.join(BUILD, 'plugins/image-gen'), path.join(build, 'plugins/image-gen'), { recursive: true });
  const tool = path.join(build, 'plugins/image-gen/tools/generate_image.json');
  fs.writeFileSync(tool, fs.readFileSync(tool, 'utf8').replace('Draws one picture', 'Draws a single picture'));
  const run = () => d.run([path.join(ROOT, 'deploy/scripts/plugins'), path.join(d.state, 'app/bin/lyceum'), build, d.state]);
  for (let i = 0; i < 2; i++) { const r = run(); equal(r.status, 0, r.stdout + r.stderr); }
  equal([record().serial, record().state, record().previous.digest, record().nets[0].to], [before.serial + 1, 'on', before.digest, images.url]);
  fs.rmSync(build, { recursive: true });
});
images.stop();
model.stop();
d.stop();
fs.rmSync(folder, { recursive: true, force: true });
s.end();
