// A team of threads over one memory. Each has an instance of these kernels. One leads: it is the thread of the model, and hands out jobs. A
// job is a function of the ABI with its arguments and has a part for each member, which follows from its number. The others wait for jobs
// (src/wasm/threads/member.ts) and claim their parts. What nobody has claimed when the leader has done its own it claims and does too, so
// that a thread which other programs keep from its core is not waited for.
//
// In the build for one thread all of this is known when it is compiled, and nothing of it is left.

/** Where the threads meet, below the data of the kernels (`memoryBase` in asconfig.json). Words of 32 bits, then arguments, then a line for each member. */
const TEAM: usize = 1024;
/** The number of the last job; behind it, as behind every number that is waited for, how many sleep until it changes. */
// @ts-ignore: decorator
@inline const JOBS: usize = 0;
/** The job's function: its place in src/wasm/threads/jobs.ts. */
// @ts-ignore: decorator
@inline const FUNCTION: usize = 8;
/** 1 when a thread has failed: nobody waits any longer. */
// @ts-ignore: decorator
@inline const FAILED: usize = 12;
/** Twice the number of the last job for which all had to be there, and 1 if they were. */
// @ts-ignore: decorator
@inline const GATHERED: usize = 16;
/** For how many seconds a member may be waited for; then it counts as failed. */
// @ts-ignore: decorator
@inline const PATIENCE: usize = 24;
/** The fewest rows of a batch that a thread goes through steps with: with fewer, its products would be slow. */
// @ts-ignore: decorator
@inline const FEWEST: usize = 28;
/** How many multiplications are worth handing out, f64. */
// @ts-ignore: decorator
@inline const WORTH: usize = 32;
/** Arguments of the job, f64 [16]. */
// @ts-ignore: decorator
@inline const ARGUMENTS: usize = 64;
/**
 * A cache line for each member: how far it has come, what it says, and the last job of which its part was claimed. There is room for 13
 * below the data of the kernels.
 */
// @ts-ignore: decorator
@inline const MEMBERS: usize = 192;
// @ts-ignore: decorator
@inline const SAYS: usize = 8;
// @ts-ignore: decorator
@inline const CLAIM: usize = 12;
/** How far a member has come is 256 times the job, and how often it has met the others in it, or this when it is done. */
// @ts-ignore: decorator
@inline const DONE: i32 = 255;

/** How often a thread looks before it sleeps: some 50 µs. What it waits for mostly comes in 1, and to wake takes 5 to 50. */
const LOOKS: i32 = 50000;
/** How often the leader looks whether all are there where they have to be. */
const GATHERING: i32 = 20000;
const SECOND: i64 = 1000000000;

/** This thread's number: 0 leads. */
let me: i32 = 0;
/** How many there are, and how many compute together now: one where the leader does something alone. */
let size: i32 = 1;
let together: i32 = 1;
/** The job that this thread knows, and how often it has met the others in it. */
let job: i32 = 0;
let met: i32 = 0;
/** Whether this thread has a part of it; and a bit for each other whose part the leader has claimed. */
let busy: bool = false;
let taken: i32 = 0;

/** Address of the words above. */
export function teamAt(): usize {
  return TEAM;
}

/** This instance is member `number` of `count`. */
export function joinTeam(number: i32, count: i32): void {
  me = number;
  size = count;
  together = number == 0 ? 1 : count;
}

/** How many threads there are. */
// @ts-ignore: decorator
@inline export function members(): i32 {
  return ASC_FEATURE_THREADS ? size : 1;
}

/** This thread's number among those that compute together. */
// @ts-ignore: decorator
@inline export function member(): i32 {
  return ASC_FEATURE_THREADS ? me : 0;
}

/** How many threads compute together now. */
// @ts-ignore: decorator
@inline export function team(): i32 {
  return together;
}

/** Whether the leader computes alone, though it could share. */
// @ts-ignore: decorator
@inline export function couldShare(): bool {
  return ASC_FEATURE_THREADS && size > 1 && together == 1;
}

/** Where this thread's part of `count` things begins, and where it ends: all of them where one thread computes alone. */
// @ts-ignore: decorator
@inline export function partFrom(count: i32): i32 {
  return ASC_FEATURE_THREADS ? <i32>(<i64>count * <i64>me / <i64>together) : 0;
}
// @ts-ignore: decorator
@inline export function partTo(count: i32): i32 {
  return ASC_FEATURE_THREADS ? <i32>(<i64>count * <i64>(me + 1) / <i64>together) : count;
}

/** A job's argument, for jobs that are handed out from here. */
// @ts-ignore: decorator
@inline export function setArgument(index: i32, value: f64): void {
  store<f64>(TEAM + ARGUMENTS + (<usize>index << 3), value);
}

/** Leader: hands out a job whose arguments are there, and computes together with the others from now on. */
export function beginJob(number: i32): void {
  store<i32>(TEAM + FUNCTION, number);
  together = size;
  met = 0;
  taken = 0;
  announce(TEAM + JOBS, ++job);
}

/** Leader: whether there is another part to do, which it then does in the place of that member. */
export function takeOver(): bool {
  while (++me < size) if (take(me)) return true;
  me = 0;
  return false;
}

/** Leader: waits for the parts that others have claimed. */
export function finishJob(): void {
  for (let other = 1; other < size; other++) if (!(taken >> other & 1)) waitFor(line(other), job << 8 | DONE, true);
  together = 1;
}

/** A member that does not lead: says that its part is done, if it had one, waits until it has another, and returns the job's function. */
export function nextJob(): i32 {
  if (busy) announce(line(me), job << 8 | DONE);
  do {
    waitFor(TEAM + JOBS, job + 1, false);
    job = atomic.load<i32>(TEAM + JOBS);
    busy = claim(me);
  } while (!busy);
  met = 0;
  return load<i32>(TEAM + FUNCTION);
}

/** Claims a member's part of the job; only one thread can, and nobody who has slept while the job became another. */
function claim(number: i32): bool {
  const at = line(number) + CLAIM, before = atomic.load<i32>(at);
  return before - job < 0 && atomic.cmpxchg<i32>(at, before, job) == before;
}

/** Leader: claims another's part. */
function take(other: i32): bool {
  if (!claim(other)) return false;
  taken |= 1 << other;
  atomic.store<i32>(line(other), job << 8 | DONE);
  return true;
}

/**
 * At the begin of a job in which threads meet. Where some do not come soon, the leader does all of it alone, and it is over for the others: false.
 */
// @ts-ignore: decorator
@inline export function gather(): bool {
  return !ASC_FEATURE_THREADS || together == 1 || gatherAll();
}

function gatherAll(): bool {
  if (me != 0) {
    waitFor(TEAM + GATHERED, job << 1, true);
    return (atomic.load<i32>(TEAM + GATHERED) & 1) != 0;
  }
  for (let looks = GATHERING; looks > 0 && !areThere(); looks--) {}
  for (let other = 1; other < size; other++) take(other);
  announce(TEAM + GATHERED, job << 1 | <i32>(taken == 0));
  if (taken != 0) finishJob();
  return true;
}

function areThere(): bool {
  for (let other = 1; other < size; other++) if (atomic.load<i32>(line(other) + CLAIM) != job) return false;
  return true;
}

/** Nobody waits for this team any longer: a thread has failed. */
export function failTeam(): void {
  atomic.store<i32>(TEAM + FAILED, 1);
  atomic.notify(TEAM + GATHERED, -1);
  for (let other = 0; other < size; other++) atomic.notify(line(other), -1);
}

/** Sets what is said at the words above. */
export function setLimits(patience: i32, fewest: i32, worth: f64): void {
  store<i32>(TEAM + PATIENCE, patience);
  store<i32>(TEAM + FEWEST, fewest);
  store<f64>(TEAM + WORTH, worth);
}

/** Whether a batch has rows enough for all threads. */
export function hasRowsForAll(B: i32): bool {
  return B >= load<i32>(TEAM + FEWEST) * size;
}

/** Whether so many multiplications are worth handing out. */
export function isWorth(m: i32, n: i32, k: i32): bool {
  return <f64>m * <f64>n * <f64>k >= load<f64>(TEAM + WORTH);
}

/** In a job: goes on when all have come so far. */
// @ts-ignore: decorator
@inline export function meet(): void {
  if (ASC_FEATURE_THREADS) meetOthers();
}

/** Whether all say so. Once a job: what a member says is overwritten the next time. */
// @ts-ignore: decorator
@inline export function allSay(yes: bool): bool {
  return ASC_FEATURE_THREADS && together > 1 ? askOthers(yes) : yes;
}

function askOthers(yes: bool): bool {
  store<i32>(line(me) + SAYS, <i32>yes);
  meetOthers();
  for (let other = 0; other < size; other++) if (!load<i32>(line(other) + SAYS)) return false;
  return true;
}

function meetOthers(): void {
  if (together == 1) return;
  const place = job << 8 | ++met;
  announce(line(me), place);
  for (let other = 0; other < size; other++) if (other != me) waitFor(line(other), place, true);
}

// @ts-ignore: decorator
@inline function line(number: i32): usize {
  return TEAM + MEMBERS + (<usize>number << 6);
}

/** Puts a number where others wait for it. */
function announce(at: usize, value: i32): void {
  atomic.store<i32>(at, value);
  if (atomic.load<i32>(at, 4) != 0) atomic.notify(at, -1);
}

/**
 * Waits until the number at an address has come so far. Who sleeps says so before it looks for the last time, so that whoever changes
 * the number after that wakes it. With `limited`, it fails where that takes longer than patience lasts: a thread can end without a word.
 */
function waitFor(at: usize, value: i32, limited: bool): void {
  for (let looks = LOOKS; looks > 0; looks--) if (atomic.load<i32>(at) - value >= 0) return;
  atomic.add<i32>(at, 1, 4);
  let silent = 0;
  for (;;) {
    const now = atomic.load<i32>(at);
    if (now - value >= 0) break;
    if (atomic.load<i32>(TEAM + FAILED)) unreachable();
    if (atomic.wait<i32>(at, now, SECOND) != AtomicWaitResult.TIMED_OUT || !limited) continue;
    if (++silent >= load<i32>(TEAM + PATIENCE)) failTeam();
  }
  atomic.sub<i32>(at, 1, 4);
}
