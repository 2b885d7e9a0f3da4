// The same for a page without a bundler.
import { serve } from './node_modules/bptt/build/worker.js';

serve();
