import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';
import { inOnePiece } from './mime.ts';

const letter = {
  from: 'Läden & Söhne <shop@example.com>',
  to: { name: 'Jörg "X" Müller, Dr.', address: 'joerg@müller.example' },
  subject: `Your order #12 – confirmed ✓${' and long'.repeat(20)}`,
  text: 'Grüße: 100 %=20 \n.\n..\n--\nthe end',
  html: `<p>Grüße</p>\n<p title="a=b">${'日本'.repeat(200)}</p>`,
  messageId: '<12@example.com>',
  headers: { 'Auto-Submitted': 'auto-generated' },
};

test('a mail in one piece says what was to be said, to whom it is to be said', async () => {
  const { raw, envelope } = inOnePiece(letter);
  expect(envelope).toEqual({ from: 'shop@example.com', to: ['joerg@xn--mller-kva.example'] });
  const mail = await simpleParser(raw as string);
  expect(mail.subject).toBe(letter.subject);
  expect(mail.from?.value).toEqual([{ name: 'Läden & Söhne', address: 'shop@example.com' }]);
  expect(mail.to).toMatchObject({ value: [{ name: letter.to.name }] });
  expect(mail.messageId).toBe(letter.messageId);
  expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail.text?.trimEnd()).toBe(letter.text);
  expect((mail.html as string).trimEnd()).toBe(letter.html);
});

test('its lines are short, plain, and end as SMTP asks', () => {
  const raw = inOnePiece(letter).raw as string;
  expect(raw).toMatch(/^[\t\r\n\x20-\x7e]*$/);
  expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
});

test('a line break in a name makes no header', () => {
  const raw = inOnePiece({ ...letter, to: { name: 'Ann\r\nBcc: eve@example.com', address: 'a@example.com' } }).raw;
  expect(raw).not.toMatch(/^Bcc:/m);
});
