// All texts of the page in both languages. A text that lacks one of them is a type error.
import type { Language } from './config.ts';

type Text = Readonly<Record<Language, string>>;

export const strings = {
  title: { en: 'Watch a network remember', ru: 'Как сеть учится помнить' },
  lead: {
    en: 'Train a recurrent neural network in this page and see how gradients flow back through time. Choose something to try, or change any setting. Nothing leaves your device.',
    ru: 'Обучите рекуррентную нейросеть прямо на этой странице и посмотрите, как градиенты текут назад во времени. Выберите готовый опыт или измените любую настройку. Ваши данные никуда не отправляются.',
  },
  lessons: { en: 'New to this? Six short lessons', ru: 'Впервые здесь? Шесть коротких уроков (на английском)' },
  language: { en: 'Language', ru: 'Язык' },
  try: { en: 'Try this', ru: 'Попробуйте' },
  documentTitle: { en: 'bptt playground: watch a network remember', ru: 'bptt: как сеть учится помнить' },

  // What to try.
  'try.write': { en: 'Learn to write', ru: 'Научить писать' },
  'try.write.hint': { en: 'An LSTM reads Moby-Dick', ru: 'LSTM читает «Моби Дика»' },
  'try.remember': { en: 'tanh against LSTM', ru: 'tanh против LSTM' },
  'try.remember.hint': { en: 'Who remembers for 50 steps?', ru: 'Кто помнит 50 шагов?' },
  'try.truncated': { en: 'A short look back', ru: 'Короткий взгляд назад' },
  'try.truncated.hint': { en: 'Full BPTT against k2 = 5', ru: 'Полное BPTT против k2 = 5' },
  'try.explode': { en: 'Explosion', ru: 'Взрыв' },
  'try.explode.hint': { en: 'Gradients with and without clipping', ru: 'Градиенты с ограничением и без' },
  'try.identity': { en: 'W = identity', ru: 'W = единичная' },
  'try.identity.hint': { en: 'A ReLU network that does not forget', ru: 'Сеть с ReLU, которая не забывает' },
  'try.draw': { en: 'Go on drawing', ru: 'Продолжить кривую' },
  'try.draw.hint': { en: 'A GRU foresees a sine', ru: 'GRU предсказывает синус' },

  // Controls.
  controls: { en: 'Training', ru: 'Обучение' },
  run: { en: 'Train', ru: 'Обучать' },
  pause: { en: 'Pause', ru: 'Пауза' },
  step: { en: 'One step', ru: 'Один шаг' },
  restart: { en: 'Start again', ru: 'Сначала' },
  save: { en: 'Save', ru: 'Сохранить' },
  load: { en: 'Load', ru: 'Загрузить' },
  copy: { en: 'Copy link', ru: 'Копировать ссылку' },
  'status.idle': { en: 'Loading …', ru: 'Загрузка…' },
  'status.ready': { en: 'Ready: press Train.', ru: 'Готово: нажмите «Обучать».' },
  'status.running': { en: 'Training.', ru: 'Идёт обучение.' },
  'status.paused': { en: 'Paused after {step} updates.', ru: 'Пауза. Обновлений: {step}.' },
  'status.copied': { en: 'The link is copied.', ru: 'Ссылка скопирована.' },
  'status.link': { en: 'The link stands in the address bar.', ru: 'Ссылка — в адресной строке.' },
  'status.long': {
    en: 'The link is copied, but your own data are too long for it ({length} characters; {most} fit): save the model to keep them.',
    ru: 'Ссылка скопирована, но ваши данные для неё слишком длинные ({length} символов, помещается {most}): сохраните модель, чтобы их не потерять.',
  },
  'status.saved': { en: 'The model is saved.', ru: 'Модель сохранена.' },
  'status.loaded': { en: 'The model is loaded: train it further.', ru: 'Модель загружена: можно учить её дальше.' },
  'error.load': { en: 'This file cannot be loaded: {message}', ru: 'Этот файл не удалось загрузить: {message}' },
  'error.start': { en: 'Network{name} cannot be trained: {message}', ru: 'Сеть{name} нельзя обучать: {message}' },
  'error.diverged': {
    en: 'Network{name} stopped at update {step}: its numbers became infinite. A gradient exploded. Turn on clipping or take a smaller learning rate, then start again.',
    ru: 'Сеть{name} остановилась на обновлении {step}: числа стали бесконечными. Градиент взорвался. Включите ограничение градиента или уменьшите скорость обучения и начните сначала.',
  },
  'problem.value': {
    en: 'The link says {key} = “{value}”, but expected was {expected}; taken is {taken}.',
    ru: 'В ссылке указано {key} = «{value}», а ожидалось {expected}; взято значение {taken}.',
  },
  'problem.key': {
    en: 'The link names “{key}”, which this page does not know.',
    ru: 'В ссылке есть «{key}», но эта страница такого не знает.',
  },
  'expected.whole': { en: 'a whole number from {min} to {max}', ru: 'целое число от {min} до {max}' },
  'expected.least': { en: 'a whole number, {min} or more', ru: 'целое число не меньше {min}' },
  'expected.real': { en: 'a number from {min} to {max}', ru: 'число от {min} до {max}' },
  'expected.choice': { en: 'one of {values}', ru: 'одно из: {values}' },
  'field.wrong': { en: 'Expected {expected}.', ru: 'Ожидается {expected}.' },

  // Settings.
  settings: { en: 'Settings', ru: 'Настройки' },
  task: { en: 'Task', ru: 'Задача' },
  network: { en: 'Network', ru: 'Сеть' },
  'network.named': { en: 'Network {name}', ru: 'Сеть {name}' },
  compare: { en: 'Compare with a second network', ru: 'Сравнить со второй сетью' },
  'group.cell': { en: 'Cell', ru: 'Ячейка' },
  'group.learning': { en: 'Learning', ru: 'Обучение' },
  'field.task': { en: 'What to learn', ru: 'Чему учиться' },
  'field.length': { en: 'Sequence length', ru: 'Длина цепочки' },
  'field.length.copy': { en: 'Length of the pause', ru: 'Длина паузы' },
  'field.batch': { en: 'Batch size', ru: 'Размер пакета' },
  'field.seed': { en: 'Seed', ru: 'Начальное число' },
  'field.cell': { en: 'Cell', ru: 'Ячейка' },
  'field.activation': { en: 'Activation', ru: 'Активация' },
  'field.hidden': { en: 'Hidden units', ru: 'Нейронов' },
  'field.layers': { en: 'Layers', ru: 'Слоёв' },
  'field.init': { en: 'W at the start', ru: 'W в начале' },
  'field.gain': { en: 'Gain', ru: 'Усиление' },
  'field.forget': { en: 'Forget bias', ru: 'Сдвиг забывания' },
  'field.bptt': { en: 'Gradient', ru: 'Градиент' },
  'field.k1': { en: 'k1: new steps', ru: 'k1: новых шагов' },
  'field.k2': { en: 'k2: steps back', ru: 'k2: шагов назад' },
  'field.optimizer': { en: 'Optimizer', ru: 'Оптимизатор' },
  'field.rate': { en: 'Learning rate', ru: 'Скорость' },
  'field.clip': { en: 'Clip gradients', ru: 'Ограничение' },
  'field.limit': { en: 'Clip at', ru: 'Порог' },
  'field.l2': { en: 'L2 penalty', ru: 'Штраф L2' },
  'field.dropout': { en: 'Dropout', ru: 'Dropout' },
  'field.text': { en: 'Your own text', ru: 'Свой текст' },
  'field.text.hint': {
    en: 'Empty: the first chapters of Moby-Dick.',
    ru: 'Пусто: первые главы «Моби Дика».',
  },
  'field.csv': { en: 'Your own numbers (CSV)', ru: 'Свои числа (CSV)' },
  'field.csv.hint': {
    en: 'One number a line; of several columns the last counts. Empty: births a day in the USA, 2002 and 2003.',
    ru: 'По одному числу в строке; если столбцов несколько, берётся последний. Пусто: рождения в США по дням, 2002 и 2003 годы.',
  },
  'field.file': { en: 'or open a file', ru: 'или откройте файл' },

  // Choices.
  'task.text': { en: 'Next character', ru: 'Следующая буква' },
  'task.adding': { en: 'Adding problem', ru: 'Задача сложения' },
  'task.copy': { en: 'Copy problem', ru: 'Задача повторения' },
  'task.order': { en: 'Temporal order', ru: 'Порядок во времени' },
  'task.sine': { en: 'Sine', ru: 'Синус' },
  'task.csv': { en: 'Series of numbers', ru: 'Ряд чисел' },
  'cell.elman': { en: 'Elman', ru: 'Элман' },
  'cell.lstm': { en: 'LSTM', ru: 'LSTM' },
  'cell.gru': { en: 'GRU', ru: 'GRU' },
  'activation.tanh': { en: 'tanh', ru: 'tanh' },
  'activation.relu': { en: 'ReLU', ru: 'ReLU' },
  'activation.identity': { en: 'identity', ru: 'тождество' },
  'init.orthogonal': { en: 'orthogonal', ru: 'ортогональная' },
  'init.identity': { en: 'identity', ru: 'единичная' },
  'init.glorot': { en: 'Glorot', ru: 'Глорот' },
  'init.pytorch': { en: 'as in PyTorch', ru: 'как в PyTorch' },
  'bptt.full': { en: 'full BPTT', ru: 'полное BPTT' },
  'bptt.truncated': { en: 'truncated BPTT', ru: 'усечённое BPTT' },
  'optimizer.sgd': { en: 'SGD', ru: 'SGD' },
  'optimizer.momentum': { en: 'SGD + momentum', ru: 'SGD с моментом' },
  'optimizer.rmsprop': { en: 'RMSProp', ru: 'RMSProp' },
  'optimizer.adagrad': { en: 'Adagrad', ru: 'Adagrad' },
  'optimizer.adam': { en: 'Adam', ru: 'Adam' },
  'optimizer.adamw': { en: 'AdamW', ru: 'AdamW' },
  'clip.norm': { en: 'by norm', ru: 'по норме' },
  'clip.value': { en: 'by value', ru: 'по значению' },
  'clip.off': { en: 'off', ru: 'выключено' },

  // What the tasks are.
  'about.text': {
    en: 'The network reads a text one character at a time and learns to foresee the next. Then it writes on its own.',
    ru: 'Сеть читает текст по одной букве и учится угадывать следующую. Потом пишет сама.',
  },
  'about.adding': {
    en: 'A sequence of random numbers, two of them marked. At the end the network must say the sum of these two, so it has to remember them.',
    ru: 'Последовательность случайных чисел, два из них помечены. В конце сеть должна назвать сумму этих двух — значит, их надо запомнить.',
  },
  'about.copy': {
    en: 'Four letters, then a long pause, then a question mark: now the network must say the letters again.',
    ru: 'Четыре буквы, потом долгая пауза, потом знак вопроса: теперь сеть должна повторить эти буквы.',
  },
  'about.order': {
    en: 'Among many letters that mean nothing an X or Y comes twice. At the end the network says in which order they came.',
    ru: 'Среди множества ничего не значащих букв дважды встречается X или Y. В конце сеть говорит, в каком порядке они шли.',
  },
  'about.sine': {
    en: 'Sines of different frequencies. At each step the network foresees the next number; then it goes on drawing from its own predictions.',
    ru: 'Синусоиды разной частоты. На каждом шаге сеть предсказывает следующее число, а потом продолжает кривую по собственным предсказаниям.',
  },
  'about.csv': {
    en: 'A series of numbers of your own. The network learns from the first four fifths to foresee the next number, then goes on by itself in the last fifth.',
    ru: 'Ваш ряд чисел. По первым четырём пятым сеть учится предсказывать следующее число, а последнюю пятую часть продолжает сама.',
  },

  // Figures under the controls.
  updates: { en: 'updates', ru: 'обновлений' },
  testLoss: { en: 'test loss', ru: 'потери на проверке' },
  gradientNorm: { en: 'gradient norm', ru: 'норма градиента' },
  speed: { en: 'steps a second', ru: 'шагов в секунду' },
  parameters: { en: 'weights', ru: 'весов' },

  // Views.
  table: { en: 'As a table', ru: 'В виде таблицы' },
  waiting: { en: 'Comes when the network is ready.', ru: 'Появится, когда сеть будет готова.' },
  matrix: { en: 'Matrix', ru: 'Матрица' },
  'view.outcome': { en: 'What it does', ru: 'Что она умеет' },
  'view.loss': { en: 'Loss', ru: 'Потери' },
  'view.gradient': { en: 'How far gradients reach', ru: 'Как далеко доходят градиенты' },
  'view.spectrum': { en: 'Eigenvalues of a step', ru: 'Собственные числа шага' },
  'view.hidden': { en: 'Memory, step by step', ru: 'Память шаг за шагом' },
  'view.weights': { en: 'Recurrent weights', ru: 'Рекуррентные веса' },
  'explain.outcome.text': {
    en: 'Written by the network itself, the newest on top: each character is drawn from what it thinks likely after all that came before. First it finds spaces and short words, then names and phrases.',
    ru: 'Это пишет сама сеть, новое — сверху: каждая буква выбрана из тех, что кажутся ей вероятными после всего написанного. Сначала она находит пробелы и короткие слова, потом имена и обороты.',
  },
  'explain.outcome.answers': {
    en: 'Sequences that it never learned from: what is right, and what the network says at the end.',
    ru: 'Последовательности, на которых она не училась: правильный ответ и то, что сеть говорит в конце.',
  },
  'explain.outcome.curve': {
    en: 'The network reads the first part. From there on it reads only its own predictions. A good one stays on the curve for long.',
    ru: 'Начало сеть читает, а дальше видит только собственные предсказания. Хорошая сеть долго держится на кривой.',
  },
  'explain.loss': {
    en: 'How wrong the network is on sequences that it never learned from; lower is better. The dashed line is the best answer without looking at the input: until the curve drops below it, nothing has been remembered.',
    ru: 'Насколько сеть ошибается на последовательностях, на которых не училась; чем ниже, тем лучше. Пунктир — лучший ответ вслепую, не глядя на вход: пока кривая не ушла под него, сеть ничего не запомнила.',
  },
  'explain.gradient': {
    en: 'How strongly the loss at the last step pulls on the state k steps before. A straight line down is a gradient that vanishes: what happened there cannot be learned. A line that goes up explodes. With truncated BPTT, learning uses only the solid part, less than k2 steps back.',
    ru: 'Как сильно потеря на последнем шаге действует на состояние k шагов назад. Прямая вниз — градиент затухает: тому, что было там, не научиться. Линия вверх — градиент взрывается. При усечённом BPTT для обучения служит только сплошная часть, меньше k2 шагов назад.',
  },
  'explain.spectrum': {
    en: 'One step multiplies the gradient by a matrix, the Jacobian. These are its eigenvalues. Inside the circle a direction shrinks with every step and is forgotten; outside it grows; on the circle it is kept. An LSTM has points close to 1: its cells.',
    ru: 'Каждый шаг умножает градиент на матрицу — якобиан. Вот его собственные числа. Внутри круга направление с каждым шагом сжимается и забывается, снаружи — растёт, на самой окружности — сохраняется. У LSTM есть точки вблизи 1: это её ячейки памяти.',
  },
  'explain.hidden': {
    en: 'One test sequence from left to right; each line is a hidden unit. Look for lines that change when something important comes and stay so until it is needed.',
    ru: 'Одна проверочная последовательность слева направо; каждая строка — скрытый нейрон. Ищите строки, которые меняются, когда приходит важное, и держатся до тех пор, пока оно нужно.',
  },
  'explain.weights': {
    en: 'From each hidden unit (column) to each other (row), for every gate. At the start they are random; structure is what was learned.',
    ru: 'От каждого скрытого нейрона (столбец) к каждому (строка), для каждого вентиля. Сначала они случайны; узор — это то, чему сеть научилась.',
  },
  'axis.updates': { en: 'updates', ru: 'обновления' },
  'axis.nats': { en: 'nats', ru: 'наты' },
  'axis.squared': { en: 'mean squared error', ru: 'средний квадрат ошибки' },
  'axis.lag': { en: 'steps back, k', ru: 'шагов назад, k' },
  'axis.norm': { en: '‖∂L/∂h‖', ru: '‖∂L/∂h‖' },
  'axis.step': { en: 'step', ru: 'шаг' },
  'axis.value': { en: 'value', ru: 'значение' },
  'axis.unit': { en: 'unit', ru: 'нейрон' },
  'series.test': { en: 'test', ru: 'проверка' },
  'series.training': { en: 'training', ru: 'обучение' },
  'series.baseline': { en: 'without looking', ru: 'вслепую' },
  'series.truth': { en: 'truth', ru: 'на самом деле' },
  'series.prediction': { en: 'the network', ru: 'сеть' },
  'outcome.after': { en: 'after {step} updates', ru: 'обновлений: {step}' },
  'outcome.right': { en: '{share} % of 64 test sequences right', ru: 'верно {share} % из 64 проверочных' },
  'outcome.sequence': { en: 'Sequence', ru: 'Последовательность' },
  'outcome.expected': { en: 'Right', ru: 'Верно' },
  'outcome.answer': { en: 'It says', ru: 'Ответ сети' },
  'outcome.ok': { en: 'right', ru: 'верно' },
  'outcome.wrong': { en: 'wrong', ru: 'неверно' },
  'gradient.used': { en: 'within k2 = {k2}', ru: 'в пределах k2 = {k2}' },
  'gradient.cut': { en: 'cut off', ru: 'отброшено' },
  'gradient.summary': {
    en: 'From {first} at k = 0 to {last} at k = {lag}: times {factor} a step on average.',
    ru: 'От {first} при k = 0 до {last} при k = {lag}: в среднем × {factor} за шаг.',
  },
  'gradient.gone': {
    en: 'From {first} at k = 0 to nothing at k = {lag}.',
    ru: 'От {first} при k = 0 до нуля при k = {lag}.',
  },
  'spectrum.summary': {
    en: '{count} eigenvalues; the largest has the magnitude {radius}.',
    ru: 'Собственных чисел: {count}; наибольшее по модулю: {radius}.',
  },
  'hidden.summary': {
    en: '{units} units over {steps} steps; values from {min} to {max}.',
    ru: 'Нейронов: {units}, шагов: {steps}; значения от {min} до {max}.',
  },
  'weights.summary': {
    en: '{rows} × {columns}; values from {min} to {max}.',
    ru: '{rows} × {columns}; значения от {min} до {max}.',
  },
  'loss.summary': {
    en: 'Test loss {loss} after {step} updates.',
    ru: 'Потери на проверке {loss}, обновлений: {step}.',
  },
  real: { en: 'real part', ru: 'действительная часть' },
  imaginary: { en: 'imaginary part', ru: 'мнимая часть' },
  magnitude: { en: 'magnitude', ru: 'модуль' },
  reads: { en: 'reads', ru: 'читает' },
} as const satisfies Readonly<Record<string, Text>>;

export type Key = keyof typeof strings;

/** Gives a text in one language, its `{names}` filled in. */
export type Translate = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

export function translator(language: Language): Translate {
  return (key, values = {}) =>
    strings[key][language].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const formatters = new Map<string, Intl.NumberFormat>();

/** Kept: to make one takes much longer than to use it. */
function formatter(language: Language, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`;
  const made = formatters.get(key) ?? new Intl.NumberFormat(language, { maximumSignificantDigits: digits });
  formatters.set(key, made);
  return made;
}

/** A number as people read it: about `digits` significant ones. */
export function formatNumber(language: Language, value: number, digits = 3): string {
  const plain = (number: number) => formatter(language, digits).format(number);
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6) || !Number.isFinite(value)) return plain(value);
  const [mantissa, power] = value.toExponential(digits - 1).split('e');
  return `${plain(Number(mantissa))}·${powerOfTen(Number(power))}`;
}

/** 10⁻³ and so on. */
export function powerOfTen(power: number): string {
  const digits = [...String(Math.abs(power))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]);
  return `10${power < 0 ? '⁻' : ''}${digits.join('')}`;
}

/** A whole number with its thousands apart. */
export function formatCount(language: Language, value: number): string {
  return formatter(language, 21).format(Math.round(value));
}
