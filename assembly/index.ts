// The ABI: the export list, nothing else.
/** First byte above the module's own data; the memory from here on belongs to the caller. */
export function heapBase(): usize {
  return __heap_base;
}
