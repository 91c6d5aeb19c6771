// The mailbox's page: a list that refreshes itself and a reader. Everything from a mail enters the page as text; HTML is
// shown only by the sandboxed frame.
const $ = (id) => document.getElementById(id);
const POLL_MS = 2000;
const state = { query: '', mails: [], cursor: null, total: 0, latest: '0', open: null, view: 'html' };

async function ask(path, init) {
  const answer = await fetch(path, init);
  if (!answer.ok)
    throw new Error((await answer.json().catch(() => ({}))).detail ?? `the mailbox answered ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const listPath = (more) => `/api/messages?${new URLSearchParams({ query: state.query, limit: '50', ...more })}`;

async function reload() {
  const query = state.query;
  const page = await ask(listPath({}));
  if (query !== state.query) return; // the owner typed on
  Object.assign(state, { mails: page.items, cursor: page.next_cursor, total: page.total, latest: page.latest });
  showList();
}

async function older() {
  const page = await ask(listPath({ cursor: state.cursor }));
  state.mails.push(...page.items);
  state.cursor = page.next_cursor;
  showList();
}

async function poll() {
  try {
    const page = await ask(listPath({ since: state.latest }));
    // More than a page is new, or something was deleted: begin again.
    if (page.next_cursor || page.total !== state.total + page.items.length) await reload();
    else if (page.items.length > 0) {
      state.mails.unshift(...page.items);
      Object.assign(state, { total: page.total, latest: page.latest });
      showList();
    } else showCount();
  } catch {
    $('count').textContent = 'not reachable, trying again…';
  }
  setTimeout(poll, document.hidden ? POLL_MS * 5 : POLL_MS);
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showCount() {
  const found = state.query ? ' found' : '';
  $('count').textContent = `${state.total.toLocaleString('en')} ${state.total === 1 ? 'mail' : 'mails'}${found}`;
}

function showList() {
  showCount();
  $('mails').replaceChildren(...state.mails.map(row));
  $('more').hidden = state.cursor === null;
  $('clear').hidden = state.total === 0 && !state.query;
  $('empty').hidden = state.mails.length > 0;
  const title = state.query ? 'Nothing found' : 'No mail yet';
  $('empty-title').textContent = title;
  $('empty-text').textContent = state.query
    ? 'No address or subject has these letters.'
    : 'What the shop sends shows up here by itself.';
}

function row(mail) {
  const link = element(
    'a',
    { href: `#/mail/${mail.id}` },
    element('span', { className: 'to', textContent: mail.to || 'nobody' }),
    element('time', { dateTime: mail.date, textContent: when(mail.date) }),
    element('span', { className: 'title', textContent: mail.subject || '(no subject)' }),
    element('span', { className: 'from', textContent: `from ${mail.from || 'nobody'}` }),
  );
  link.ariaCurrent = String(mail.id === state.open?.id);
  return element('li', {}, link);
}

function when(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { day: 'numeric', month: 'short' });
}

async function openMail() {
  const id = location.hash.match(/^#\/mail\/([0-9a-f]{64})$/)?.[1];
  let mail = null;
  let failure = 'Choose a mail to read it.';
  try {
    if (id) mail = await ask(`/api/messages/${id}`);
  } catch (error) {
    failure = `${error.message}.`;
  }
  state.open = mail;
  document.body.classList.toggle('reading', Boolean(mail));
  $('mail').hidden = !mail;
  $('nothing').hidden = Boolean(mail);
  $('nothing').firstElementChild.textContent = failure;
  showList();
  if (!mail) return;
  $('subject').textContent = mail.subject || '(no subject)';
  const fields = { From: mail.from, To: mail.to, Date: new Date(mail.date).toLocaleString() };
  if (mail.repeats > 0) fields.Repeats = `sent ${mail.repeats + 1} times, kept once`;
  $('fields').replaceChildren(
    ...Object.entries(fields).flatMap(([name, value]) => [
      element('dt', { textContent: name }),
      element('dd', { textContent: value }),
    ]),
  );
  $('attachments').replaceChildren(
    ...mail.attachments.map((file, index) =>
      element(
        'li',
        {},
        element('a', {
          href: `/api/messages/${mail.id}/attachments/${index}`,
          textContent: `${file.filename} · ${kilobytes(file.size)}`,
        }),
      ),
    ),
  );
  $('tab-html').hidden = !mail.html;
  await show(mail.html ? 'html' : 'text');
  $('reader').focus({ preventScroll: true });
}

const kilobytes = (bytes) => `${Math.max(1, Math.round(bytes / 1024)).toLocaleString('en')} KB`;
const views = {
  html: (mail) => {
    const frame = element('iframe', { title: 'The mail as HTML' });
    frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
    frame.src = `/api/messages/${mail.id}/html`;
    return frame;
  },
  text: (mail) => element('pre', { textContent: mail.text || '(no text)' }),
  headers: (mail) =>
    element('pre', {
      textContent: Object.entries(mail.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    }),
  source: async (mail) =>
    element('pre', { textContent: await (await fetch(`/api/messages/${mail.id}/source`)).text() }),
};

async function show(view) {
  const mail = state.open;
  for (const tab of Object.keys(views)) $(`tab-${tab}`).ariaSelected = String(tab === view);
  const content = await views[view](mail);
  if (mail === state.open) $('panel').replaceChildren(content);
}

let typing;
$('search').addEventListener('input', (event) => {
  clearTimeout(typing);
  state.query = event.target.value.trim();
  typing = setTimeout(reload, 150);
});
$('more').addEventListener('click', older);
$('clear').addEventListener('click', async () => {
  if (!confirm('Delete every mail?')) return;
  await ask('/api/messages', { method: 'DELETE' });
  location.hash = '';
  await reload();
});
for (const view of Object.keys(views)) $(`tab-${view}`).addEventListener('click', () => show(view));
addEventListener('hashchange', openMail);

await reload().catch(() => {});
await openMail();
setTimeout(poll, POLL_MS);
