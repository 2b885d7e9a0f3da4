// `npm run example` serves this folder; the page imports `bptt` as any other page would, from this package's own build.
import { defineConfig } from 'vite';

export default defineConfig({
  // The worker imports its kernels when it needs them, so it cannot be one file.
  worker: { format: 'es' },
  build: { target: 'es2022' },
});
