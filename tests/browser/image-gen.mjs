// image-gen: a picture in a conversation as a person gets it: it comes while the page is open, with its words, its size and a
// file to keep; at both widths and in both themes; opened by itself it is a picture and nothing else.
import { Deployment, Suite, equal, must, until } from '../support/deployment.mjs';
import { axe, launch, open, overflow, shot } from '../support/browser.mjs';
import { imagesServer } from '../support/images.mjs';
import { scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-scenarios-'));
const draw = (name, args) => fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ turns: [{ tool_calls: [{ name: 'generate_image', arguments: args }] }, { text: 'Here it is.' }] }));
draw('draws', { prompt: 'three megabytes of noise', alt: 'Noise in all colours' });
draw('refused', { prompt: 'something forbidden', alt: 'Nothing' });
const d = await Deployment.start(), images = await imagesServer('sk-pictures'), model = await scriptModel(folder);
const lyceum = (args, input) => { const r = d.lyceum(args, { input }); equal(r.status, 0, r.stdout + r.stderr); return r.stdout; };
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: [{ id: 1, name: 'one' }] }));
lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']);
lyceum(['secret', 'set', 'TEST_KEY'], 'sk-test-0123456789\n');
lyceum(['secret', 'set', 'plugin:lyceum:image-gen:OPENAI_API_KEY'], 'sk-pictures\n');
lyceum(['plugin', 'enable', 'lyceum/image-gen']);
lyceum(['plugin', 'set', 'lyceum/image-gen', '--endpoint', `https://api.openai.com:443=${images.url}`, 'price_out=40']);
for (const name of ['draws', 'refused']) lyceum(['model', 'set', name, '--api', 'openai-chat', '--url', `${model.url}/agent/${name}/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']);
const cookies = new Map(), link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(lyceum(['signin-link', 'admin']))[0];
equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');
const browser = await launch();
async function view(options) {
  const page = await open(browser, { reducedMotion: 'reduce', ...options });
  await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: d.url })));
  return page;
}
// A page that is open while its turn is asked about, approved and done.
async function drawn(page, name) {
  const r = await d.post('/-/chat', { question: 'Draw it', dataset: 'repos', model: name }, { cookies });
  await page.goto(new URL(r.headers.location, d.url).href, { waitUntil: 'load' });
  const id = await until('the approval', () => d.sql('authority/authority.db', "SELECT id FROM approval WHERE state = 'pending'")[0]?.[0]);
  equal((await d.decide(cookies, id, 'approve')).approved, true);
}
const picture = page => page.locator('figure.picture img');

let address;
await s.test('it comes while the page is open, with its words and a file to keep', async () => {
  const page = await view();
  await drawn(page, 'draws');
  await picture(page).waitFor({ timeout: 30000 });
  await picture(page).scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector('figure.picture img')?.naturalWidth === 1024);
  equal(await picture(page).getAttribute('alt'), 'Noise in all colours');
  must((await page.locator('[data-testid="block"]').innerText()).includes('3.1 MB'), 'its size');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  must(/^picture-[0-9a-f]{8}\.png$/.test(file.suggestedFilename()), file.suggestedFilename());
  must(fs.statSync(await file.path()).size > 3e6, 'the whole file');
  await page.locator('[data-outcome="done"]').first().waitFor();
  address = page.url();
  equal(page.complaints, [], 'complaints of the browser');
  await page.context().close();
});
for (const width of [1280, 360])
  for (const colorScheme of ['light', 'dark'])
    await s.test(`its page at ${width} px, ${colorScheme}`, async () => {
      const page = await view({ viewport: { width, height: 900 }, colorScheme });
      await page.goto(address, { waitUntil: 'load' });
      await picture(page).scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.querySelector('figure.picture img')?.naturalWidth === 1024);
      must(await overflow(page) <= 0, `${await overflow(page)} px stick out to the right`);
      const box = await picture(page).boundingBox();
      must(Math.abs(box.width - box.height) < 2, `it is not square: ${box.width} x ${box.height}`);
      equal(await axe(page), [], 'axe-core');
      equal(page.complaints, [], 'complaints of the browser');
      await shot(page, `image-gen-${width}-${colorScheme}`);
      await page.context().close();
    });
await s.test('opened by itself it is a picture in a sandbox', async () => {
  const page = await view();
  await page.goto(address, { waitUntil: 'load' });
  const r = await page.goto(new URL(await picture(page).getAttribute('src'), d.url).href);
  equal([r.status(), r.headers()['content-type']], [200, 'image/png']);
  equal(await page.evaluate(() => self.origin), 'null', 'its origin');
  await page.context().close();
});
await s.test('a refusal of the service is told on the page', async () => {
  const page = await view();
  await drawn(page, 'refused');
  await page.getByText("safety system refused this prompt", { exact: false }).first().waitFor({ timeout: 30000 });
  equal(await picture(page).count(), 0, 'pictures');
  equal(await axe(page), [], 'axe-core');
  await shot(page, 'image-gen-refused');
  equal(page.complaints, [], 'complaints of the browser');
});
await browser.close();
images.stop();
model.stop();
d.stop();
fs.rmSync(folder, { recursive: true, force: true });
s.end();
