// A team of threads over one memory. Each has an instance of these kernels, and all run the same function of the ABI with the same
// arguments at the same time, a job; each computes the part that its number gives it. One leads: it is the thread of the model, hands out
// jobs and waits for them. The others wait for jobs (src/wasm/threads/member.ts).
//
// In the build for one thread all of this is known when it is compiled, and nothing of it is left.

/** Where the threads meet, below the data of the kernels (`memoryBase` in asconfig.json). Words of 32 bits, then arguments, then a line for each member. */
const TEAM: usize = 1024;
/** How many jobs there have been, and how many threads sleep until there is another. */
// @ts-ignore: decorator
@inline const JOBS: usize = 0;
/** The number of the job's function: its place in src/wasm/threads/jobs.ts. */
// @ts-ignore: decorator
@inline const FUNCTION: usize = 8;
/** 1 when a thread has failed: nobody waits any longer. */
// @ts-ignore: decorator
@inline const FAILED: usize = 12;
/** For how many seconds a member may be waited for; then it counts as failed. */
// @ts-ignore: decorator
@inline const PATIENCE: usize = 20;
/** The fewest rows of a batch that a thread goes through steps with: with fewer, its products would be slow. */
// @ts-ignore: decorator
@inline const FEWEST: usize = 24;
/** How many multiplications are worth handing out, f64. */
// @ts-ignore: decorator
@inline const WORTH: usize = 32;
/** Arguments of the job, f64 [16]. */
// @ts-ignore: decorator
@inline const ARGUMENTS: usize = 64;
/**
 * A cache line for each member: how often it has met the others, how many sleep until it does again, and what it says. There is room for 13
 * below the data of the kernels.
 */
// @ts-ignore: decorator
@inline const MEMBERS: usize = 192;
// @ts-ignore: decorator
@inline const SAYS: usize = 8;

/** How often a thread looks before it sleeps: some 50 µs. What it waits for mostly comes in 1, and to wake takes 5 to 50. */
const LOOKS: i32 = 50000;
const SECOND: i64 = 1000000000;

/** This thread's number: 0 leads. */
let me: i32 = 0;
/** How many there are, and how many compute together now: one where the leader does something alone. */
let size: i32 = 1;
let together: i32 = 1;
let jobs: i32 = 0;
let meetings: i32 = 0;

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
  announce(TEAM + JOBS, ++jobs);
}

/** Leader: waits until all have done their parts of the job. */
export function finishJob(): void {
  meet();
  together = 1;
}

/** A member that does not lead: says that its job, if it had one, is done, waits for the next and returns its function. */
export function nextJob(): i32 {
  if (jobs > 0) announce(line(me), ++meetings);
  waitFor(TEAM + JOBS, ++jobs, false);
  return load<i32>(TEAM + FUNCTION);
}

/** Nobody waits for this team any longer: a thread has failed. */
export function failTeam(): void {
  atomic.store<i32>(TEAM + FAILED, 1);
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

/** Whether all say so. Once a job: what somebody says is overwritten the next time. */
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
  const meeting = ++meetings;
  announce(line(me), meeting);
  for (let other = 0; other < size; other++) if (other != me) waitFor(line(other), meeting, true);
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
