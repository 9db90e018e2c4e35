/** As much of process.stdout and process.stderr as is used here. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** What is being done now. */
  step(text: string): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

export interface ProgressOptions {
  readonly stream: TextStream;
  /** Plain lines where the stream is no terminal; without it nothing is said there. */
  readonly verbose: boolean;
  /** Milliseconds before a terminal shows anything: what is over sooner needs no word. 400 unless told. */
  readonly after?: number;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;
const CLEAR_LINE = "\r\u001b[2K";

/** Says what takes its time: one moving line on a terminal, one line a step elsewhere. */
export function createProgress(label: string, { stream, verbose, after = 400 }: ProgressOptions): Progress {
  if (!stream.isTTY) {
    const line = (text: string) => void (verbose && stream.write(`${text} ...\n`));
    line(label);
    return { step: (text) => line(`${label}: ${text}`), end: () => undefined };
  }
  let text = label;
  let frame = 0;
  let drawn = false;
  const started = Date.now();
  const timer = setInterval(() => {
    const elapsed = Date.now() - started;
    if (elapsed < after) return;
    const seconds = elapsed >= 2_000 ? ` ${Math.floor(elapsed / 1_000)} s` : "";
    stream.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length] ?? ""} ${text}${seconds}`);
    drawn = true;
  }, FRAME_MS);
  timer.unref();
  return {
    step: (now) => {
      text = `${label}: ${now}`;
    },
    end: () => {
      clearInterval(timer);
      if (drawn) stream.write(CLEAR_LINE);
    },
  };
}
