// One step's Jacobian: the ring between its singular values, and its eigenvalues beside the unit circle.
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, Seen, View } from '../ui/view.tsx';
import type { Inside } from '../worker/messages.ts';

/** The least half width of the picture: the circle and a little around it. */
const LEAST = 1.2;
/** Those with the largest magnitude stand in the table. */
const LISTED = 12;

export function SpectrumView({ runs }: { readonly runs: readonly NamedRun[] }) {
  const { t, number, count } = useLocale();
  const shown = runs.flatMap((run) => {
    const seen = run.state.looks.spectrum?.seen;
    return seen ? [{ run, values: sorted(seen), most: seen.most, least: seen.least }] : [];
  });
  // No eigenvalue is larger than the largest singular value.
  const radius = Math.max(LEAST, ...shown.map(({ most }) => 1.1 * most));
  const summaries = shown.map(({ run, values, most, least }) =>
    labeled(
      run,
      t('spectrum.summary', {
        most: number(most),
        least: number(least),
        count: count(values.length),
        radius: number(values[0]?.magnitude ?? 0),
      }),
    ),
  );
  return (
    <View id="spectrum" title={t('view.spectrum')} explanation={t('explain.spectrum')}>
      <svg
        class="spectrum"
        viewBox={`${-radius} ${-radius} ${2 * radius} ${2 * radius}`}
        role="img"
        aria-label={summaries.join(' ') || t('waiting')}
      >
        {shown.map(({ run, most, least }) => (
          <path key={run.letter} class="ring" fill={`var(${run.color})`} d={circle(most) + circle(least)} />
        ))}
        <path class="axes" d={`M${-radius} 0H${radius}M0 ${-radius}V${radius}`} />
        <circle class="unit" r="1" />
        {shown.map(({ run, values }) => (
          <path
            key={run.letter}
            class="points"
            stroke={`var(${run.color})`}
            // Up is positive, unlike in SVG. A line of no length with round ends is a dot.
            d={values.map(({ real, imaginary }) => `M${real.toFixed(4)} ${(-imaginary).toFixed(4)}h0`).join('')}
          />
        ))}
      </svg>
      <ul class="legend">
        <li>
          <svg viewBox="0 0 20 8" aria-hidden="true">
            <line x1="0" y1="4" x2="20" y2="4" class="dashed" stroke="var(--quiet)" />
          </svg>
          {t('spectrum.circle')}
        </li>
        {shown.map(({ run }) => (
          <li key={run.letter}>
            <svg viewBox="0 0 20 8" aria-hidden="true">
              <rect class="ring" width="20" height="8" fill={`var(${run.color})`} />
            </svg>
            {labeled(run, t('spectrum.ring'))}
          </li>
        ))}
      </ul>
      {shown.map(({ run, values }, index) => (
        <div key={run.letter}>
          <p class="summary">
            <span class="dot" style={{ background: `var(${run.color})` }} />
            {summaries[index]}
          </p>
          <Seen run={run} step={run.state.looks.spectrum!.step} />
          <DataTable
            run={run}
            caption={t('view.spectrum')}
            head={[t('place'), t('magnitude'), t('real'), t('imaginary')]}
            length={Math.min(LISTED, values.length)}
            row={(place) => {
              const { magnitude, real, imaginary } = values[place]!;
              return [count(place + 1), number(magnitude, 4), number(real, 4), number(imaginary, 4)];
            }}
          />
        </div>
      ))}
    </View>
  );
}

/** A circle around 0 as a path: two of them enclose a ring. */
function circle(r: number): string {
  return `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`;
}

/** The largest magnitude first. */
function sorted({ real, imaginary }: Inside['spectrum']) {
  return real
    .map((re, index) => ({ real: re, imaginary: imaginary[index]!, magnitude: Math.hypot(re, imaginary[index]!) }))
    .sort((a, b) => b.magnitude - a.magnitude);
}
