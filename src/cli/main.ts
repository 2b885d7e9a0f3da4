#!/usr/bin/env node
// The command line: arguments in, exit code out. Errors are one line on standard error.
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { BpttError } from '../base/errors.ts';
import { FileLock } from '../node/file-lock.ts';
import { benchCommand, benchFlags } from './commands/bench.ts';
import { exportCommand, exportFlags, importCommand, importFlags } from './commands/convert.ts';
import { evalCommand } from './commands/eval.ts';
import { forecastCommand } from './commands/forecast.ts';
import type { Going } from './commands/going.ts';
import { infoCommand, infoFlags } from './commands/info.ts';
import { inspectCommand, inspectFlags } from './commands/inspect.ts';
import { readCommand, readFlags } from './commands/read.ts';
import { checkRead, findUnfinished, keptOf } from './commands/resume.ts';
import { sampleCommand, sampleFlags } from './commands/sample.ts';
import { openCheckpoints, trainCommand } from './commands/train.ts';
import { trainOcrCommand } from './commands/train-ocr.ts';
import { trainSpeechCommand } from './commands/train-speech.ts';
import { trainTranslateCommand } from './commands/train-translate.ts';
import { transcribeCommand, transcribeFlags } from './commands/transcribe.ts';
import { translateCommand, translateCommandFlags } from './commands/translate.ts';
import { workerCommand, workerFlags } from './commands/worker.ts';
import { chooseFor } from './flags/choose.ts';
import { evalFlags } from './flags/eval-flags.ts';
import { addFlags, isTyped, valuesOf } from './flags/flags.ts';
import { fixedFolderFlags, folderFlags } from './flags/folder-flags.ts';
import { forecastFlags, forecastGroups } from './flags/forecast-flags.ts';
import { ocrFlags } from './flags/ocr-flags.ts';
import { speechFlags } from './flags/speech-flags.ts';
import { sweepFlags } from './flags/sweep-flags.ts';
import { ocrValues, speechValues, taskFlags, taskOf, translateValues } from './flags/task-flags.ts';
import { threadsOf } from './flags/threads.ts';
import { ADD, fixedFlags, type TrainValues, trainFlags, trainGroups } from './flags/train-flags.ts';
import { fixedTranslateFlags, translateFlags } from './flags/translate-flags.ts';
import { type BaseModel, corpusFor, productsOf, readBase, withNewTokens } from './io/base-model.ts';
import { type Corpus, isLarge, streamedCorpus, type Tokens, wholeCorpus } from './io/corpus.ts';
import { interruptionOf } from './io/interruption.ts';
import { Output } from './io/output.ts';
import { filesOf, readText, readTexts } from './io/text-file.ts';
import { useWidest } from './io/widest.ts';

const embedded = new URL('./moby-dick.txt', import.meta.url);
const output = new Output(process.stdout, process.stderr);

const program = new Command('bptt')
  .description(
    'Train recurrent networks on text, speech, images of lines, pairs of texts and number series, and use what they learned.',
  )
  .version(packageJson.version)
  .exitOverride()
  .configureOutput({ outputError: () => {} }); // commander throws as well, and main() prints

const trainProgram = addFlags(program.command('train'), taskFlags);
for (const [heading, flags] of Object.entries(trainGroups)) addFlags(trainProgram, flags, heading);
addFlags(trainProgram, folderFlags, 'Folders (--task speech or ocr):');
addFlags(trainProgram, ocrFlags, 'Lines of text (--task ocr):');
addFlags(trainProgram, speechFlags, 'Speech (--task speech):');
addFlags(trainProgram, translateFlags, 'Pairs (--task translate):');
trainProgram
  .description('learn from a text and write a model file')
  .argument(
    '[FILES...]',
    'texts in UTF-8, or folders of some (default: the first 28 chapters of Moby-Dick); with --task speech a folder of recordings, with --task ocr one of images of lines, with --task translate lines of source, tab and target',
  )
  .addHelpText(
    'after',
    `
Examples:
  $ bptt train my-text.txt --minutes 10 --out my-model.safetensors
  $ bptt train my-text.txt --cell lstm --hidden 128 --steps 5000 --out my-model.safetensors
  $ bptt sample my-model.safetensors --prompt 'Once'
  $ bptt train --resume --out my-model.safetensors --steps 9000
  $ bptt train --task speech recordings --out speech.safetensors && bptt transcribe speech.safetensors hello.wav
  $ bptt train --task ocr lines --out lines.safetensors && bptt read lines.safetensors line.png
  $ bptt train --task translate pairs.tsv --out pairs.safetensors && bptt translate pairs.safetensors 'some words'

What no flag says is chosen by the length of the text and by --minutes, and said at the start: the same flags give the same model again.
Ctrl-C stops and saves what was learned so far (exit code 130); a second one stops without saving. --resume goes on, after both.`,
  )
  .action(async (named: readonly string[], _: unknown, command: Command) => {
    const interruption = interruptionOf(process);
    const task = taskOf(command);
    const { out, resume } = valuesOf(trainFlags, command);
    const onWait = (who: string) => output.note(`${out}: ${who} has locked it; looking whether it still lives`);
    const lock = await FileLock.take(out, { onWait });
    try {
      const going: Going = { lock, left: resume ? await findUnfinished(out, task) : undefined };
      if (task === 'text') await trainOnText(named, command, going, interruption);
      else if (task === 'translate') await trainOnPairs(named, command, going, interruption);
      else await trainOnFolder(task, named, command, going, interruption);
    } finally {
      await lock.release();
    }
  });

/** `bptt train` on a text: from its beginning, or from where it was left. */
async function trainOnText(
  named: readonly string[],
  command: Command,
  { lock, left }: Going,
  interruption: AbortSignal,
) {
  const given = valuesOf(trainFlags, command);
  const paths = named.length > 0 ? named : (left?.files ?? []);
  const isGiven = (name: string) => isTyped(command, name);
  const others = left && keptOf(left, given, isGiven, fixedFlags);
  const said = valuesOf(trainFlags, command, others);
  const checkpoints = await openCheckpoints(await filesOf(paths), said);
  if (said.unknown !== undefined && said.from === undefined) {
    throw new BpttError('invalid-argument', `--unknown: expected --from with it, got ${said.unknown}`);
  }
  const engine = { threads: threadsOf(said) };
  const { base, corpus } =
    said.from === undefined
      ? { base: undefined, corpus: await readCorpus(paths, said) }
      : await goOnFrom(await readBase(said.from, left === undefined ? isGiven : () => false, engine), paths, said);
  if (left !== undefined) checkRead(left, 'text', corpus);
  const how = { embedded: paths.length === 0, signal: interruption, weights: base && productsOf(base) };
  const choice = left === undefined ? await chooseFor(corpus, said, isGiven, how) : undefined;
  const values = valuesOf(trainFlags, command, choice?.values ?? others);
  const files = { lock, checkpoints, left: left?.checkpoint };
  await trainCommand({ ...corpus, paths, base }, values, files, output, interruption, choice);
}

/** The folder is that of the training that goes on where none is named. */
async function trainOnFolder(
  task: 'speech' | 'ocr',
  named: readonly string[],
  command: Command,
  going: Going,
  interruption: AbortSignal,
) {
  const { left } = going;
  const [folder, other] = named.length > 0 ? named : (left?.files ?? []);
  if (folder === undefined || other !== undefined) {
    const files = task === 'speech' ? 'recordings' : 'images';
    const got = folder === undefined ? 'none' : named.join(', ');
    throw new BpttError('invalid-argument', `--task ${task}: expected one FOLDER of ${files}, got ${got}`);
  }
  const isGiven = (name: string) => isTyped(command, name);
  const kept = (values: object) => left && keptOf(left, values as never, isGiven, fixedFolderFlags);
  return task === 'speech'
    ? trainSpeechCommand(folder, speechValues(command, kept(speechValues(command))), going, output, interruption)
    : trainOcrCommand(folder, ocrValues(command, kept(ocrValues(command))), going, output, interruption);
}

/** The files are those of the training that goes on where none is named. */
async function trainOnPairs(named: readonly string[], command: Command, going: Going, interruption: AbortSignal) {
  const { left } = going;
  const paths = named.length > 0 ? named : (left?.files ?? []);
  const isGiven = (name: string) => isTyped(command, name);
  const kept = left && keptOf(left, translateValues(command), isGiven, fixedTranslateFlags);
  await trainTranslateCommand(paths, translateValues(command, kept), going, output, interruption);
}

addFlags(program.command('sample'), sampleFlags)
  .description('print text that a model says')
  .argument('<MODEL>', 'a file that `bptt train` wrote')
  .action((path: string, _: unknown, command: Command) => sampleCommand(path, valuesOf(sampleFlags, command), output));

addFlags(program.command('eval'), evalFlags)
  .description('measure how well a model predicts a text, or a series of numbers')
  .argument('<MODEL>', 'a file that `bptt train` or `bptt forecast` wrote')
  .argument(
    '[FILES...]',
    'texts in UTF-8, or folders of some (default: the first 28 chapters of Moby-Dick); for a model that forecasts, one CSV',
  )
  .action((path: string, files: readonly string[], _: unknown, command: Command) =>
    evalCommand(path, files, embedded, valuesOf(evalFlags, command), output),
  );

addFlags(program.command('sweep'), sweepFlags)
  .description('train many models with other settings and keep the best')
  .argument('<FILE>', 'what is searched and what a trial is, in JSON')
  .addHelpText(
    'after',
    `
FILE has a search space, how many trials there are, and a trial with { "parameter": NAME } where a parameter goes:
  { "text": ["my-text.txt"], "trials": 20, "pruner": { "kind": "median" },
    "space": { "units": { "kind": "int", "min": 16, "max": 128, "scale": "log" },
               "rate": { "kind": "float", "min": 0.0005, "max": 0.05, "scale": "log" } },
    "trial": { "layers": [{ "kind": "tokens", "size": { "parameter": "vocabulary" } },
                          { "kind": "gru", "units": { "parameter": "units" } },
                          { "kind": "dense", "units": { "parameter": "vocabulary" } }],
               "fit": { "loss": "cross-entropy", "batch": 16, "truncation": { "k1": 50, "k2": 50 }, "steps": 1000, "validateEvery": 100,
                        "optimizer": { "kind": "adam", "learningRate": { "parameter": "rate" } } } } }

Ctrl-C stops (exit code 130); --resume goes on, also after a crash, with the same trials, winner and bytes. Workers change none of them.`,
  )
  .action(async (path: string, _: unknown, command: Command) => {
    const interruption = interruptionOf(process);
    const { sweepCommand } = await import('./commands/sweep.ts');
    await sweepCommand(path, valuesOf(sweepFlags, command), embedded, output, interruption);
  });

addFlags(program.command('worker'), workerFlags)
  .description('run trials of sweeps that `bptt sweep` shares over a server')
  .addHelpText(
    'after',
    `
On one machine:  bptt sweep sweep.json --redis redis://one:6379
On the others:   bptt worker --redis redis://one:6379 --workers 4

They need nothing but the server: the text is kept there. Needs the packages bullmq, and ioredis or pg. A worker that is killed loses
no trial: another goes on from its newest checkpoint, to the same bytes. Ctrl-C gives back what it runs.`,
  )
  .action(async (_: unknown, command: Command) => {
    const interruption = interruptionOf(process);
    await workerCommand(valuesOf(workerFlags, command), output, interruption);
  });

addFlags(program.command('inspect'), inspectFlags)
  .description('show how gradients flow through a model, in pictures and words')
  .argument('<MODEL>', 'a file that `bptt train` wrote')
  .argument('[FILE]', 'text in UTF-8 to read (default: the first 28 chapters of Moby-Dick)')
  .action(async (path: string, file: string | undefined, _: unknown, command: Command) => {
    const values = valuesOf(inspectFlags, command);
    if (file !== undefined && values.text !== undefined) {
      throw new BpttError('invalid-argument', '--text: expected no FILE beside it, got both');
    }
    const source = values.text === undefined ? await readText(file, embedded) : { name: '--text', text: values.text };
    await inspectCommand(path, source, values, output);
  });

addFlags(program.command('info'), infoFlags)
  .description('say what is in a model file, a checkpoint or another safetensors file')
  .argument('<MODEL>', 'the file')
  .action((path: string, _: unknown, command: Command) => infoCommand(path, valuesOf(infoFlags, command), output));

addFlags(program.command('export'), exportFlags)
  .description('write a model as ONNX or as a PyTorch state dict')
  .argument('<MODEL>', 'a model file')
  .argument('<FILE>', 'what to write: .onnx, or .safetensors for PyTorch')
  .action((from: string, to: string, _: unknown, command: Command) =>
    exportCommand(from, to, valuesOf(exportFlags, command), output),
  );

addFlags(program.command('import'), importFlags)
  .description('make a model file of an ONNX graph or a Keras model')
  .argument('<FILE>', 'what to read: .onnx, .keras or .h5')
  .argument('<MODEL>', 'the model file to write')
  .action((from: string, to: string, _: unknown, command: Command) =>
    importCommand(from, to, valuesOf(importFlags, command), output),
  );

const forecastProgram = program.command('forecast');
for (const [heading, flags] of Object.entries(forecastGroups)) addFlags(forecastProgram, flags, heading);
forecastProgram
  .description('learn series of numbers, measure how good the forecasts are, and print how they go on')
  .argument('<FILE>', 'CSV')
  .addHelpText(
    'after',
    `
Examples:
  $ bptt forecast sales.csv --column sold --calendar --steps 14 --plot sales.html
  $ bptt forecast stores.csv --series store --column sold --known holiday --out stores.safetensors
  $ bptt forecast stores.csv --model stores.safetensors --steps 7

The oldest rows are learned, the next choose what is learned of them and give the intervals, the newest measure the errors.`,
  )
  .action((path: string, _: unknown, command: Command) =>
    forecastCommand(path, valuesOf(forecastFlags, command), output),
  );

addFlags(program.command('transcribe'), transcribeFlags)
  .description('print what recordings say')
  .argument('<MODEL>', 'a file that `bptt train --task speech` wrote')
  .argument('<FILE...>', 'audio files')
  .action((path: string, files: string[], _: unknown, command: Command) =>
    transcribeCommand(path, files, valuesOf(transcribeFlags, command), output),
  );

addFlags(program.command('read'), readFlags)
  .description('print what is written in images of lines')
  .argument('<MODEL>', 'a file that `bptt train --task ocr` wrote')
  .argument('<IMAGE...>', 'PNG, JPEG, PGM or PPM files, a line each')
  .action((path: string, files: string[], _: unknown, command: Command) =>
    readCommand(path, files, valuesOf(readFlags, command), output),
  );

addFlags(program.command('translate'), translateCommandFlags)
  .description('print what a model makes of texts')
  .argument('<MODEL>', 'a file that `bptt train --task translate` wrote')
  .argument('[TEXT...]', 'texts (default: the lines of standard input)')
  .action((path: string, texts: string[], _: unknown, command: Command) =>
    translateCommand(path, texts, process.stdin, valuesOf(translateCommandFlags, command), output),
  );

addFlags(program.command('bench'), benchFlags)
  .description('measure how fast this machine trains and generates')
  .action((_: unknown, command: Command) => benchCommand(valuesOf(benchFlags, command), output));

// These compute long enough for the widest instructions to be looked for.
for (const name of ['train', 'eval', 'forecast', 'bench']) {
  const command = program.commands.find((one) => one.name() === name)!;
  command.option('--verbose', 'say which instructions of the processor are used, and why');
  command.hook('preAction', async () => {
    const found = await useWidest();
    if (command.opts().verbose === true) output.note(found);
  });
}

/** What to train on; a large file is not read as a whole. */
async function readCorpus(paths: readonly string[], kind: Tokens & { readonly stream: boolean }): Promise<Corpus> {
  const files = await filesOf(paths);
  const large = files.length === 1 && kind.tokenizer === 'characters' && (await isLarge(files[0]!));
  if (!kind.stream && !large) return wholeCorpus(await readTexts(paths, embedded), kind);
  if (files.length < 2 && kind.tokenizer === 'characters') return streamedCorpus(files[0] ?? fileURLToPath(embedded));
  const got = files.length < 2 ? `--tokenizer ${kind.tokenizer}` : `${files.length} files`;
  throw new BpttError('invalid-argument', `--stream: expected one file, read by characters, got ${got}`);
}

/** A model that learns another text, and what it has not learned of it where nothing else is to become of that. */
async function goOnFrom(from: BaseModel, paths: readonly string[], { unknown = ADD, seed }: TrainValues) {
  const text = await readTexts(paths, embedded);
  const base = unknown === ADD ? await withNewTokens(from, text, seed) : from;
  return { base, corpus: corpusFor(base, text, unknown === ADD ? undefined : unknown) };
}

/** One line, whatever the message holds. */
function fail(message: string): void {
  process.exitCode = 1;
  const lines = message.replace(/^error: /, '').split('\n');
  const words = lines.map((line) => line.trim()).filter(Boolean);
  output.note(`bptt: ${words.join(' ')}`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version have been printed; so has the help of a call without a command.
    if (error.exitCode !== 0 && error.code !== 'commander.help') fail(error.message);
    else process.exitCode = error.exitCode;
  } else if (error instanceof BpttError) {
    fail(error.message);
  } else if (error instanceof Error && error.name === 'AbortError') {
    process.stderr.write('bptt: stopped before the first update; nothing was written\n');
  } else {
    fail(`unexpected error: ${error instanceof Error ? error.message : String(error)}`);
  }
}
await output.flushed();
if (output.failure !== undefined) fail(`standard output: ${output.failure.message}`);
