// @ts-check
// A worker of one's own, for programs and bundlers.
import { serve } from 'bptt/worker';

serve();
