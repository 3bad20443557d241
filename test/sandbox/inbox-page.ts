import type { Message, Phone } from './phones.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** More are kept, but a person reads no further. */
const shown = 100;

/** Everything on the page is ours or escaped; this is the second lock. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The phones, most recently addressed first, with their messages, newest first. */
export const inboxPage = (phones: readonly Readonly<Phone>[], position: number): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phones · Callbook sandbox</title>
<link rel="stylesheet" href="/inbox.css">
<script type="module" src="/inbox.js"></script>
<noscript><meta http-equiv="refresh" content="5"></noscript>
</head>
<body data-position="${position}">
<header>
<h1>Phones</h1>
<p>Every message that Callbook sends arrives here and nowhere else.</p>
</header>
<main aria-live="polite">
${phones.length === 0 ? '<p class="empty">No message yet.</p>' : phones.slice(0, shown).map(phoneSection).join('\n')}
${phones.length > shown ? `<p class="empty">${phones.length - shown} more phones are not shown.</p>` : ''}
</main>
</body>
</html>
`;

const phoneSection = ({ number, accepted, messages }: Readonly<Phone>): string => `<section>
<h2>${escape(number)}</h2>
<p class="count">${messages.length} in the inbox, ${accepted} sent</p>
${[...messages].reverse().map(messageArticle).join('\n')}
</section>`;

const messageArticle = ({ from, text, receivedAt, encoding, units, segments }: Message): string => `<article>
<p class="from"><strong>${escape(from)}</strong> <time datetime="${escape(receivedAt)}">${escape(receivedAt.slice(11, 19))} UTC</time></p>
<pre dir="auto">${escape(text)}</pre>
<p class="facts"><button type="button">Copy</button> ${units} ${encoding === 'gsm7' ? 'septets, GSM-7' : 'units, UCS-2'} · ${segments} ${segments === 1 ? 'segment' : 'segments'}</p>
</article>`;

export const inboxStyle = `:root {
  color-scheme: light dark;
  --line: light-dark(#d8dce2, #3a3f47);
  --quiet: light-dark(#59616d, #a3abb8);
  --paper: light-dark(#ffffff, #1c1f24);
  --table: light-dark(#f3f5f8, #121418);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 46rem; background: var(--table); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2rem 0 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
header p, .count, .facts, .empty, time { color: var(--quiet); }
header p, .count { margin: 0; }
.count, .facts, time { font-size: 0.85rem; }
article { margin-top: 0.75rem; padding: 0.75rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 0.5rem; }
article p { margin: 0; }
pre { margin: 0.5rem 0; font: 0.95rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
button { margin-right: 0.5rem; padding: 0.1rem 0.7rem; font: inherit; border: 1px solid var(--line); border-radius: 0.35rem; background: var(--table); color: inherit; cursor: pointer; }
`;

/** Waits for a message on any phone, then takes over the list of a page that the server has made afresh. */
export const inboxScript = `let position = Number(document.body.dataset.position);

document.addEventListener('click', async ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  const text = target.closest('article').querySelector('pre');
  try {
    await navigator.clipboard.writeText(text.textContent);
    target.textContent = 'Copied';
    setTimeout(() => (target.textContent = 'Copy'), 1500);
  } catch {
    getSelection().selectAllChildren(text);
  }
});

async function refresh() {
  const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
  document.querySelector('main').replaceChildren(...page.querySelector('main').childNodes);
  position = Number(page.body.dataset.position);
}

for (;;) {
  try {
    const phones = await (await fetch('/phones?wait=25&after=' + position)).json();
    if (phones.position !== position) await refresh();
  } catch {
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}
`;
