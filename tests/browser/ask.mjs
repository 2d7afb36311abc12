// ask: a person in a real browser: ask, watch, stop, reload in the middle, two tabs, View SQL, without scripts.
import { Deployment, Suite, equal, holds, must } from '../support/deployment.mjs';
import { launch, open, shot } from '../support/browser.mjs';
import { scriptModel } from '../support/model.mjs';

const s = new Suite();
const d = await Deployment.start({ demo: true });
const model = await scriptModel();
const browser = await launch();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
let state;

await s.test('sign in by the link, ask the guide, see steps, table and SQL', async () => {
  const page = await open(browser);
  await page.goto(d.url + link);
  await page.getByTestId('link-form').getByRole('button').click();
  state = await page.context().storageState();
  await page.goto(d.url);
  await page.getByTestId('question-box').fill('top 10 movies by worldwide gross');
  await page.getByTestId('ask-button').click();
  await page.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
  must(await page.getByTestId('tool-line').count() > 0, 'no tool line');
  holds(await page.getByTestId('answer').last().textContent(), 'Avatar');
  equal(page.complaints, [], 'complaints');
  await shot(page, 'ask-guide');
  await page.getByTestId('view-sql').last().click();
  await page.getByTestId('run-button').waitFor();
  holds(await page.content(), 'worldwide_gross');
  await page.context().close();
});

await s.test('View SQL: change the statement in the editor and run it again', async () => {
  const page = await open(browser, { storageState: state });
  await page.goto(`${d.url}/movies/-/query?sql=${encodeURIComponent('select title from movies limit 3')}`);
  equal(await page.getByTestId('result-table').locator('tbody tr').count(), 3);
  const editor = page.locator('.cm-content');
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('select title, imdb_rating from movies where imdb_rating > 8 order by 2 desc limit 7');
  await page.getByTestId('run-button').click();
  await page.waitForURL(/imdb_rating/);
  equal(await page.getByTestId('result-table').locator('tbody tr').count(), 7);
  equal(page.complaints, [], 'complaints');
  await page.context().close();
});

const setModel = scenario => {
  const r = d.lyceum(['model', 'set', scenario, '--api', 'openai-chat', '--url', `${model.url}/agent/${scenario}/v1`, '--model', 'scripted', '--clearance', 'private']);
  equal(r.status, 0, r.stdout + r.stderr);
};
const ask = async (page, question, name) => {
  await page.goto(`${d.url}/movies`);
  await page.getByTestId('question-box').fill(question);
  await page.locator('select[name="model"]').selectOption(name);
  await page.getByTestId('ask-button').click();
  await page.waitForURL(/\/-\/chat\/c_/);
};

await s.test('a reload in the middle of a scripted turn loses nothing, and a second tab sees the same', async () => {
  setModel('slow-story');
  const page = await open(browser, { storageState: state });
  await ask(page, 'tell me slowly how many movies there are', 'slow-story');
  await page.getByText('word-5', { exact: false }).first().waitFor({ timeout: 30000 });
  const second = await page.context().newPage();
  await second.goto(page.url());
  await page.reload();
  await page.getByText('word-8', { exact: false }).first().waitFor({ timeout: 30000 });
  await page.reload();
  for (const p of [page, second]) {
    await p.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
    const text = (await p.getByTestId('answer').last().textContent()).match(/word-\d+/g);
    equal(text, Array.from({ length: 40 }, (_, i) => `word-${i + 1}`));
  }
  equal(page.complaints.filter(c => !/ERR_INCOMPLETE|ERR_ABORTED|ERR_NETWORK/.test(c)), [], 'complaints');
  await page.context().close();
});

await s.test('Stop ends the turn and keeps what was said', async () => {
  const page = await open(browser, { storageState: state });
  await ask(page, 'tell me slowly how many movies there are', 'slow-story');
  await page.getByText('word-3', { exact: false }).first().waitFor({ timeout: 30000 });
  await page.getByTestId('stop-button').click();
  await page.locator('[data-outcome="stopped"]').waitFor({ timeout: 30000 });
  const text = await page.getByTestId('answer').last().textContent();
  holds(text, 'word-3');
  must(!text.includes('word-40'), 'it was not stopped');
  await shot(page, 'ask-stopped');
  await page.context().close();
});

await s.test('a question of the model is answered by a button', async () => {
  setModel('asks-back');
  const page = await open(browser, { storageState: state });
  await ask(page, 'which is the best movie?', 'asks-back');
  await page.getByRole('button', { name: 'By IMDB rating' }).click({ timeout: 30000 });
  await page.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
  holds(await page.getByTestId('answer').last().textContent(), 'You chose');
  await shot(page, 'ask-question');
  await page.context().close();
});

await s.test('it works without scripts', async () => {
  const page = await open(browser, { storageState: state, javaScriptEnabled: false });
  await page.goto(`${d.url}/movies`);
  await page.getByTestId('question-box').fill('how many movies are there?');
  await page.locator('select[name="model"]').selectOption('guide');
  await page.getByTestId('ask-button').click();
  await page.waitForURL(/\/-\/chat\/c_/);
  for (let i = 0; i < 40 && await page.locator('[data-outcome="done"]').count() === 0; i++) { await page.waitForTimeout(500); await page.reload(); }
  equal(await page.locator('[data-outcome="done"]').count(), 1);
  await page.goto(`${d.url}/movies/-/query?sql=select+1+as+one`);
  equal(await page.getByTestId('result-table').locator('tbody tr').count(), 1);
  await page.context().close();
});

await s.test('the keyboard alone asks and reads', async () => {
  const page = await open(browser, { storageState: state });
  await page.goto(`${d.url}/movies`);
  await page.locator('select[name="model"]').selectOption('guide');
  await page.getByTestId('question-box').focus();
  await page.keyboard.type('how many movies are there?');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/-\/chat\/c_/);
  await page.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
  await page.context().close();
});

await browser.close();
model.stop();
d.stop();
s.end();
