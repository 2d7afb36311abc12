// editor: CodeMirror over the plain textarea of View SQL. Bundled by esbuild; without scripts the textarea itself works.
//
// CodeMirror mounts its rules as <style> elements, which our Content-Security-Policy refuses. They are in
// static/css/lyceum.css (.cm-*) instead, and mounting does nothing.
import { EditorState, Compartment, Prec } from '@codemirror/state';
import {
  EditorView, keymap, lineNumbers, highlightSpecialChars, placeholder, highlightActiveLineGutter,
} from '@codemirror/view';
import { history, historyKeymap, defaultKeymap } from '@codemirror/commands';
import { autocompletion, completionKeymap, closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { classHighlighter } from '@lezer/highlight';
import { sql, SQLite } from '@codemirror/lang-sql';
import { StyleModule } from 'style-mod';

StyleModule.mount = () => {};

const form = document.querySelector('form.sql-form');
const area = form && form.querySelector('textarea');

const submit = () => {
  form.requestSubmit();
  return true;
};

// {"tables":[{"name","columns":[{"name","type"}]}]} as lang-sql wants it: table -> completions of its columns.
const schemaOf = (json) => {
  const schema = {};
  for (const table of json.tables || []) {
    schema[table.name] = table.columns.map((c) => ({ label: c.name, type: 'property', detail: c.type || '' }));
  }
  return schema;
};

// lang-sql offers a table's columns after FROM has named it; people write the columns first.
const everyColumn = (schema) => {
  const labels = new Map(Object.values(schema).flat().map((c) => [c.label, { ...c, boost: 10 }]));
  const options = [...labels.values()];
  return (context) => {
    const word = context.matchBefore(/[\w$]+/);
    if (!word || context.state.sliceDoc(word.from - 1, word.from) === '.') return null;
    return { from: word.from, options, validFor: /^[\w$]*$/ };
  };
};

const language = new Compartment();

const mount = () => {
  const view = new EditorView({
    parent: area.parentElement,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run: submit }])),
        lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), bracketMatching(), closeBrackets(),
        autocompletion({ icons: false }), placeholder(area.form?.dataset.testid === 'write-form' ? 'update ...' : 'select ...'), EditorView.lineWrapping,
        syntaxHighlighting(classHighlighter), language.of(sql({ dialect: SQLite })),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.contentAttributes.of({ 'aria-labelledby': 'sql-label', 'data-testid': 'sql-editor' }),
        EditorView.updateListener.of((u) => {
          if (u.docChanged) area.value = u.state.doc.toString();
        }),
      ],
    }),
  });
  area.hidden = true;
  area.removeAttribute('data-testid'); // what is edited has it now
  // Whoever writes into the textarea (a test, an extension) writes into the editor.
  area.addEventListener('input', () => {
    if (area.value !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
    }
  });
  form.addEventListener('submit', () => {
    area.value = view.state.doc.toString();
  });
  form.classList.add('has-editor');
  return view;
};

const complete = async (view) => {
  const reply = await fetch(form.dataset.schema, { headers: { accept: 'application/json' } });
  if (!reply.ok) return;
  const schema = schemaOf(await reply.json());
  const columns = SQLite.language.data.of({ autocomplete: everyColumn(schema) });
  view.dispatch({ effects: language.reconfigure([sql({ dialect: SQLite, schema }), columns]) });
};

if (area) {
  const view = mount();
  complete(view).catch(() => {}); // without a schema the editor still completes keywords
}
