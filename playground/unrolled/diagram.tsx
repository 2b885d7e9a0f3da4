// The network over time: what it reads at the bottom, states in the middle, answers and losses on top; the gradient goes back in red.
import { useLocale } from '../ui/locale.ts';
import { hasGradient, hasLosses, hasState, type Playhead } from './playhead.ts';
import type { Settings } from './settings.ts';
import { targets, x } from './unroll.ts';
import type { Seen } from './use-unrolled.ts';

export interface DiagramProps {
  readonly seen: Seen;
  readonly settings: Settings;
  readonly playhead: Playhead;
  readonly onLosses: (losses: readonly number[]) => void;
}

/** Units of the picture: a step, a box of a state and its least height, a row in it. */
const STEP = 150;
const BOX = 92;
const ROW = 30;
const LEAST = 60;
const TOP = 86;
/** Of the picture on a large screen, in rem. */
const HIGHEST = 15.5;
/** A gradient as long as that of the last step has this width. */
const WIDE = 5;
const WIDEST = 22;

export function Diagram({ seen, settings, playhead, onLosses }: DiagramProps) {
  const { t } = useLocale();
  const { steps: T, units: H } = settings;
  const high = Math.max(LEAST, ROW * H);
  const size = { width: STEP * T, height: TOP + high + 112 };
  const columns = Array.from({ length: T }, (_, step) => step);
  return (
    <div class="unrolled-scroll">
      <div
        class="columns"
        style={{ minWidth: `${5.25 * T}rem`, maxWidth: `${(HIGHEST * size.width) / size.height}rem` }}
      >
        <LossRow seen={seen} settings={settings} playhead={playhead} onLosses={onLosses} />
        <svg
          class="network-picture"
          viewBox={`0 0 ${size.width} ${size.height}`}
          role="img"
          aria-label={t('unrolled.picture')}
        >
          {columns.map((step) => (
            <Column key={step} step={step} high={high} seen={seen} settings={settings} playhead={playhead} />
          ))}
          {settings.k2 < T && <Cut x={STEP * (T - settings.k2)} height={size.height} k2={settings.k2} />}
        </svg>
      </div>
      <p class="hint">{t('unrolled.factor')}</p>
    </div>
  );
}

/** A button a step: whether its loss counts, and how large it is. */
function LossRow({ seen, settings, playhead, onLosses }: DiagramProps) {
  const { t, number } = useLocale();
  const { losses, steps: T } = settings;
  const toggle = (step: number) =>
    onLosses(losses.includes(step) ? losses.filter((one) => one !== step) : [...losses, step].sort((a, b) => a - b));
  return (
    <fieldset class="losses" style={{ gridTemplateColumns: `repeat(${T}, minmax(0, 1fr))` }}>
      <legend class="hidden-text">{t('unrolled.which')}</legend>
      {seen.losses.map((loss, t) => (
        <button
          key={t}
          type="button"
          class="loss"
          id={`loss-${t + 1}`}
          aria-pressed={losses.includes(t + 1)}
          onClick={() => toggle(t + 1)}
        >
          L<sub>{t + 1}</sub> <span>{hasState(playhead, t) ? number(loss) : '…'}</span>
        </button>
      ))}
      <p class="total" id="total">
        L ={' '}
        {losses.length === 0
          ? '0'
          : losses.map((step) => (
              <span key={step}>
                {step !== losses[0] && ' + '}L<sub>{step}</sub>
              </span>
            ))}
        {hasLosses(playhead) && <> = {number(seen.loss, 4)}</>}
      </p>
    </fieldset>
  );
}

interface ColumnProps extends Omit<DiagramProps, 'onLosses'> {
  readonly step: number;
  readonly high: number;
}

/** A step: x, the state, ŷ and the arrows to the step after it. */
function Column({ step, high, seen, settings, playhead }: ColumnProps) {
  const { number } = useLocale();
  const { steps: T, losses } = settings;
  const middle = STEP * step + STEP / 2;
  const bottom = TOP + high;
  const there = hasState(playhead, step);
  // Of several units the length of their gradient.
  const bar = settings.units === 1 ? '' : '‖';
  const counts = losses.includes(step + 1) && hasLosses(playhead) && step >= T - settings.k2;
  return (
    <g>
      <Arrow from={[middle - 34, bottom + 62]} to={[middle - 34, bottom + 4]} on={there} />
      <text class="weight" x={middle - 48} y={bottom + 48}>
        V
      </text>
      <text x={middle} y={bottom + 84}>
        x<Sub n={step + 1} /> = {number(x[step]!)}
      </text>
      <Arrow from={[middle - 10, TOP - 4]} to={[middle - 10, 42]} on={there} />
      <text class="weight" x={middle - 24} y={TOP - 22}>
        U
      </text>
      <text x={middle} y={32} id={`y-${step + 1}`}>
        ŷ<Sub n={step + 1} /> {there ? number(seen.y[step]!) : '…'}
      </text>
      <text class="weight" x={middle} y={12}>
        y = {number(targets[step]!)}
      </text>
      {counts && (
        <Arrow from={[middle + 14, 42]} to={[middle + 14, TOP - 4]} on back width={widthOf(seen, T, seen.dy[step]!)} />
      )}
      <State step={step} middle={middle} high={high} seen={seen} there={there} />
      {step < T - 1 && (
        <Arrow
          from={[middle + BOX / 2 + 2, TOP + 14]}
          to={[middle + STEP - BOX / 2 - 2, TOP + 14]}
          on={hasState(playhead, step + 1)}
        />
      )}
      {step < T - 1 && (
        <Back step={step} middle={middle} bottom={bottom} seen={seen} settings={settings} playhead={playhead} />
      )}
      {hasGradient(playhead, step) && step >= T - settings.k2 && (
        <text class="gradient left" x={middle - 22} y={bottom + 26} id={`dh-${step + 1}`}>
          {bar}∂L/∂h
          <Sub n={step + 1} />
          {bar} {number(norm(seen.dh[step]!) * (bar === '' ? Math.sign(seen.dh[step]![0]!) : 1))}
        </text>
      )}
    </g>
  );
}

/** The numbers of a state, each in the colour of its sign, the stronger the larger. */
function State({
  step,
  middle,
  high,
  seen,
  there,
}: {
  readonly step: number;
  readonly middle: number;
  readonly high: number;
  readonly seen: Seen;
  readonly there: boolean;
}) {
  const { number } = useLocale();
  const row = high / seen.h[step]!.length;
  return (
    <g>
      {seen.h[step]!.map((value, unit) => {
        const y = TOP + row * unit;
        return (
          <g key={unit}>
            <rect
              x={middle - BOX / 2}
              y={y}
              width={BOX}
              height={row}
              class="unit-box"
              fill={there ? `var(${value < 0 ? '--low' : '--high'})` : 'none'}
              fill-opacity={0.45 * Math.abs(value)}
            />
            <text x={middle} y={y + row / 2 + 6} id={unit === 0 ? `h-${step + 1}` : undefined}>
              {there ? number(value) : '…'}
            </text>
          </g>
        );
      })}
      <text class="weight left" x={middle - BOX / 2} y={TOP - 6}>
        h<Sub n={step + 1} />
      </text>
    </g>
  );
}

/** The way back from the step after: by what it multiplies, and how much comes through. */
function Back({
  step,
  middle,
  bottom,
  seen,
  settings,
  playhead,
}: Omit<ColumnProps, 'high'> & { readonly middle: number; readonly bottom: number }) {
  const { number } = useLocale();
  const { steps: T, k2, units: H } = settings;
  const [from, to] = [middle + STEP - BOX / 2 - 2, middle + BOX / 2 + 2];
  const y = bottom - 12;
  if (step < T - k2) return <path class="cut-way" d={`M${from} ${y}H${to}`} />;
  if (!hasGradient(playhead, step)) return null;
  // What comes from the later step alone: the loss of this one is added to it.
  const through = back(seen.jacobians[step + 1]!, seen.dh[step + 1]!);
  const factor = H === 1 ? seen.jacobians[step + 1]![0]! : norm(through) / norm(seen.dh[step + 1]!);
  return (
    <g>
      <Arrow from={[from, y]} to={[to, y]} on back width={widthOf(seen, T, norm(through))} />
      {Number.isFinite(factor) && (
        <text class="small gradient" x={(from + to) / 2} y={bottom - LEAST / 2 + 5} id={`factor-${step + 2}`}>
          × {number(factor)}
        </text>
      )}
    </g>
  );
}

/** Jᵀ·g. */
function back(J: readonly number[], g: readonly number[]): readonly number[] {
  return g.map((_, j) => g.reduce((sum, value, i) => sum + value * J[i * g.length + j]!, 0));
}

const norm = (values: readonly number[]) => Math.hypot(...values);

/** As wide as the gradient is long, compared with the longest loss's own. */
function widthOf(seen: Seen, T: number, length: number): number {
  const first = Math.max(...seen.dh.slice(0, T).map((_, t) => Math.abs(seen.dy[t]!)), Number.MIN_VALUE);
  return Math.min(WIDEST, Math.max(0.4, (WIDE * Math.abs(length)) / first));
}

interface ArrowProps {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly on: boolean;
  readonly back?: boolean;
  readonly width?: number;
}

function Arrow({ from: [x1, y1], to: [x2, y2], on, back = false, width = 1.5 }: ArrowProps) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const head = Math.min(length / 2, 7 + width / 2);
  const half = 4 + width / 2;
  const [bx, by] = [x2 - head * dx, y2 - head * dy];
  return (
    <g class={`${back ? 'way-back' : 'way'}${on ? '' : ' off'}`}>
      <path d={`M${x1} ${y1}L${bx} ${by}`} stroke-width={width} />
      <path class="head" d={`M${x2} ${y2}L${bx - half * dy} ${by + half * dx}L${bx + half * dy} ${by - half * dx}Z`} />
    </g>
  );
}

/** Where truncated BPTT ends. */
function Cut({ x, height, k2 }: { readonly x: number; readonly height: number; readonly k2: number }) {
  return (
    <g class="cut">
      <path d={`M${x} 0V${height}`} />
      <text x={x + 6} y={height - 6} text-anchor="start">
        ✂ k2 = {k2}
      </text>
    </g>
  );
}

function Sub({ n }: { readonly n: number }) {
  return <>{String(n).replace(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]!)}</>;
}
