/**
 * A mail as the text that a mail server is given. Headers and envelope are nodemailer's; its parts would go through five
 * streams each and leave in as many pieces. Here they are encoded at once.
 */
import type { SendMailOptions } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import { encode, wrap } from 'nodemailer/lib/qp';

/** One text, for those who see pictures and for those who do not. */
export type Letter = SendMailOptions & { text: string; html: string; attachments?: never };

/** The same, ready to be sent as it is. */
export function inOnePiece(mail: Letter): SendMailOptions {
  const message = new MailComposer(mail).compile();
  const head = message.buildHeaders();
  const parts = message.childNodes.map((part) => {
    part.setHeader('Content-Transfer-Encoding', 'quoted-printable');
    const lines = String(part.content).replace(/\r?\n/g, '\r\n');
    return `--${message.boundary}\r\n${part.buildHeaders()}\r\n\r\n${wrap(encode(lines))}\r\n`;
  });
  const { disableFileAccess, disableUrlAccess, signal } = mail;
  return {
    raw: `${head}\r\n\r\n${parts.join('')}--${message.boundary}--\r\n`,
    envelope: message.getEnvelope(),
    disableFileAccess,
    disableUrlAccess,
    signal,
  };
}
