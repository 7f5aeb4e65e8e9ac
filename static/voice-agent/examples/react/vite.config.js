import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // In development Vite moves packages into files of its own, away from the Worker and the worklets beside them.
  optimizeDeps: { exclude: ['voicegate-client'] },
});
