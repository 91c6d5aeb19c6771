/** The owner of every shop for a test; the prepared one has it as well, so that no copy has to hash its password. */
export const ADMIN = { email: 'admin@tradewind.test', password: 'correct horse battery' };
