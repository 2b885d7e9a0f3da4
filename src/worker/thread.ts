// What a worker with the code inside the package runs.
import { serve } from './serve.ts';

serve();
