// The part of cli-progress that is used here; the package brings no types.
declare module 'cli-progress' {
  export interface Options {
    readonly stream?: NodeJS.WritableStream;
    readonly format?: string;
    readonly barsize?: number;
    readonly barCompleteChar?: string;
    readonly barIncompleteChar?: string;
    readonly hideCursor?: boolean;
    readonly etaBuffer?: number;
    readonly forceRedraw?: boolean;
  }

  export interface SingleBar {
    update(value: number, payload?: Readonly<Record<string, string | number>>): void;
  }

  export class MultiBar {
    constructor(options: Options);
    create(total: number, start: number, payload?: Readonly<Record<string, string | number>>): SingleBar;
    /** Prints text, which ends with a line feed, above the bars. */
    log(text: string): void;
    /** Draws now. */
    update(): void;
    stop(): void;
  }
}
