/** Two pages, the shop and its admin, each with its own first load; everything beside them carries its hash as its name. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { contracts } from './contracts.ts';

/** Compressed once, here, instead of for every visitor. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'tradewind-compressed',
    apply: 'build',
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir, 'assets');
    },
    writeBundle() {
      for (const name of readdirSync(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [contracts(), react(), compressed()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The policy allows no data: scripts or styles; a picture or font that is inlined would delay what needs it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [resolve(import.meta.dirname, 'index.html'), resolve(import.meta.dirname, 'admin.html')],
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': { target: process.env.GATEWAY ?? 'http://localhost:9000' } },
  },
});
