/** Preloaded by `npm run test:full`: every property is tried on a hundred times as many inputs. */
import { configureGlobal } from 'fast-check';

configureGlobal({ numRuns: 10_000 });
