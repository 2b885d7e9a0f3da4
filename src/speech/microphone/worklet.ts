// What runs where a page's sound is made: it must never wait, and has no imports. It is text, which becomes a module of the audio context.

/** By what name the processor is known. */
export const PROCESSOR = 'bptt-microphone';

/**
 * Collects blocks of 128 samples, the mean of the channels, into pieces and sends them to a port that it is given. Of pieces that nobody has
 * taken yet it sends so many and no more: what comes then is dropped and counted, and the next piece says so.
 */
export const WORKLET: string = `
registerProcessor('${PROCESSOR}', class extends AudioWorkletProcessor {
  constructor({ processorOptions: { piece, most } }) {
    super();
    this.most = most;
    this.samples = new Float32Array(piece);
    this.filled = 0;
    this.waiting = 0;
    this.dropped = 0;
    this.open = true;
    this.port.onmessage = ({ data }) => {
      if (data === 'close') {
        this.open = false;
        this.to?.postMessage('end');
      } else {
        this.to = data;
        this.to.onmessage = () => this.waiting--;
      }
    };
  }
  process([channels]) {
    const length = channels.length > 0 ? channels[0].length : 0;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.samples[this.filled++] = sum / channels.length;
      if (this.filled === this.samples.length) this.send();
    }
    return this.open;
  }
  send() {
    const { samples, dropped } = this;
    this.filled = 0;
    if (this.to === undefined || this.waiting >= this.most) {
      this.dropped += samples.length;
      return;
    }
    this.samples = new Float32Array(samples.length);
    this.dropped = 0;
    this.waiting++;
    this.to.postMessage({ samples, dropped }, [samples.buffer]);
  }
});
`;
