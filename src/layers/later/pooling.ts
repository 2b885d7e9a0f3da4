// Pooling: what it keeps, and where its windows go.
import { BpttError } from '../../base/errors.ts';
import type { Checked } from '../../base/fields.ts';
import { slidingWords, writeSliding } from '../../wasm/sliding-plan.ts';
import type { Binding, BoundLayer, LayerKind, Pass, Port } from '../contract.ts';
import { at } from '../parts/address.ts';
import { pairWords } from './convolution-fields.ts';
import { companion } from './convolve.ts';
import type { PoolDescription } from './pooling-fields.ts';
import { poolFields, refusePool } from './pooling-fields.ts';
import {
  both,
  checkSteps,
  clockOf,
  FLAT,
  heightOf,
  imageOf,
  planOf,
  refuseResets,
  type Slide,
  type Sliding,
} from './sliding.ts';

type Filled = Checked<typeof poolFields>;

export const maxPoolLayer = poolLayer('maxPool');
export const averagePoolLayer = poolLayer('averagePool');

function poolLayer(kind: PoolDescription['kind']): LayerKind<PoolDescription> {
  return {
    kind,
    fields: poolFields,
    refuse: refusePool,

    create(description, place) {
      const where = `${place.where} (${kind})`;
      const [port] = place.ports;
      checkSteps(port!, where);
      const sliding = slidingOf(description as Filled, port!, where);
      const columns = sliding.places * sliding.C;
      const { height } = port!.signal;
      return {
        output: { kind: 'features', size: columns, ...(height !== undefined && { height: sliding.places }) },
        companion,
        parameters: [],
        buffers: [
          { name: 'y', extent: 'step', columns, type: 'real', kept: true },
          { name: 'plan', extent: 'fixed', rows: 1, columns: slidingWords.length, type: 'integer', kept: false },
          ...(kind === 'maxPool'
            ? ([{ name: 'chosen', extent: 'step', columns, type: 'integer', kept: false }] as const)
            : []),
        ],
        result: 'y',
        keepsResult: false,
        states: [],
        adds: true,
        clock: clockOf(port!, sliding.across, where),
        reads: sliding.across.kernel === 1 && sliding.across.stride === 1 ? 'step' : 'both',
        scratch: () => 0,
        bind: (binding) => bindPool(binding, sliding, kind === 'maxPool', where),
      };
    },
  };
}

/** How a window goes over an image, or over the steps of what is none. */
export function slidesOfPool(
  { kernel, stride, padding }: Filled,
  isImage: boolean,
): readonly [down: Slide, across: Slide] {
  const slide = (axis: 0 | 1): Slide => {
    const around = both(padding)[axis];
    return { kernel: both(kernel)[axis], stride: both(stride)[axis], dilation: 1, before: around, after: around };
  };
  return [isImage ? slide(0) : FLAT, slide(1)];
}

function slidingOf(filled: Filled, port: Port, where: string): Sliding {
  const isImage = port.signal.height !== undefined;
  const [down, across] = slidesOfPool(filled, isImage);
  if (isImage) {
    const { H, C } = imageOf(port, where);
    return { H, C, down, across, places: heightOf(H, down, where) };
  }
  const pairs = [filled.kernel, filled.stride, filled.padding].find((one) => typeof one !== 'number');
  if (pairs === undefined) return { H: 1, C: port.signal.size, down, across, places: 1 };
  throw new BpttError(
    'invalid-shape',
    `${where}: expected one number of steps for features of ${port.where}, which are no image, got ${pairWords(pairs)}`,
  );
}

function bindPool(binding: Binding, sliding: Sliding, greatest: boolean, where: string): BoundLayer {
  const {
    kernels,
    rows: B,
    inputs: [input],
    dOutput: dy,
    buffer,
  } = binding;
  const { track: x, gradient: dx, add, filled, padding } = input!;
  const [y, plan] = [buffer('y'), buffer('plan').pointer];
  const chosen = greatest ? buffer('chosen') : undefined;
  const own = companion.of(kernels);
  const perStep = B * sliding.places;
  const begin = (pass: Pass) => {
    refuseResets(pass, where);
    writeSliding(kernels, plan, planOf(sliding, filled(), B, x.ld));
    return pass.padding ? padding.pointer : 0;
  };
  return {
    forward(from, to, pass) {
      const flags = begin(pass);
      const places = [from * perStep, (to - from) * perStep] as const;
      if (chosen !== undefined) own.maxPool(y.pointer, chosen.pointer, x.pointer, plan, flags, ...places, y.ld);
      else own.averagePool(y.pointer, x.pointer, plan, flags, ...places, y.ld);
    },
    backward(from, to, pass) {
      if (dx === undefined) return;
      const flags = begin(pass);
      if (!add) kernels.clear(at(dx, 0), filled() * B * dx.ld);
      const places = [from * perStep, (to - from) * perStep] as const;
      if (chosen !== undefined) own.maxPoolBack(dx.pointer, chosen.pointer, dy.pointer, plan, ...places, dy.ld);
      else own.averagePoolBack(dx.pointer, dy.pointer, plan, flags, ...places, dy.ld);
    },
  };
}
