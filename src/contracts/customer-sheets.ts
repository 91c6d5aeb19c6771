/** All customers as a spreadsheet, and back. */
import { Type } from 'typebox';
import { endpoint } from '../platform/contract.ts';
import { ListCustomers, Role } from './customers.ts';
import { closed, ImportReport } from './shapes.ts';

export const ExportCustomers = endpoint('customers.export-all', 'GET /customers/export', {
  service: 'customers',
  summary:
    'All customers, newest first, as CSV, one a line, for spreadsheets; a few at a time. No passwords. A transfer that breaks off ' +
    'is not the whole',
  access: 'admin',
  query: closed({ text: ListCustomers.query.properties.text, role: Type.Optional(Role) }),
  media: 'text/csv',
  streams: true,
});

export const MAX_CUSTOMER_IMPORT_BYTES = 2 * 1024 * 1024;
export const MAX_CUSTOMER_IMPORT_LINES = 500;
export const ImportCustomers = endpoint('customers.import', 'POST /customers/import', {
  service: 'customers',
  summary:
    'Open and change accounts by CSV (UTF-8; commas, semicolons or tabs), each known by its e-mail: the first line names the columns, ' +
    'those of the export. Nobody is mailed: a new account gets a password that nobody knows, and its owner asks for another ' +
    'one. Each line is done whole or refused; a column that is not there changes nothing, and the same file again changes nothing. ' +
    'At most 500 lines and 2 MiB',
  access: 'admin',
  query: closed({ dry_run: Type.Optional(Type.Boolean()) }),
  raw: { types: ['text/csv'], maxBytes: MAX_CUSTOMER_IMPORT_BYTES, schema: Type.String() },
  reply: ImportReport,
});
