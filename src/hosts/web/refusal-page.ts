/** The page that a person sees instead of the app, in both languages: a browser that was refused knows no setting. */

export interface Refusal {
  readonly status: number;
  readonly title: string;
  /** One or two sentences, already plain text. */
  readonly text: string;
}

const WHAT_TO_DO = [
  'Open the address that Zooscope printed where it was started. It holds a new key each time.',
  '请打开 Zooscope 启动时打印的地址；每次启动都会换一把新的密钥。',
] as const;

/** A whole HTML page: no script, nothing loaded. */
export function refusalPage({ status, title, text }: Refusal): string {
  const help = status === 401 || status === 403 ? WHAT_TO_DO : [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · Zooscope</title>
<style>
:root { color-scheme: light dark; font: 15px/1.6 system-ui, sans-serif; }
body { max-width: 34rem; margin: 16vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
small { opacity: .6; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${help.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
<p><a href="/">Try again · 重试</a></p>
<p><small>Zooscope, ${status}</small></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
