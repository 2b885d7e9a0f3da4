// All texts of the page in both languages. A text that lacks one of them is a type error.
import type { Language } from '../settings/config.ts';

type Text = Readonly<Record<Language, string>>;

export const strings = {
  title: { en: 'Watch a network remember', ru: 'Как сеть учится помнить' },
  lead: {
    en: 'Train a recurrent neural network in this page and see how gradients flow back through time. Choose something to try, or change any setting. Nothing leaves your device.',
    ru: 'Обучите рекуррентную нейросеть прямо на этой странице и посмотрите, как градиенты текут назад во времени. Выберите готовый опыт или измените любую настройку. Ваши данные никуда не отправляются.',
  },
  lessons: { en: 'New to this? Six short lessons', ru: 'Впервые здесь? Шесть коротких уроков' },
  'lesson.back': { en: 'Back to lesson {lesson}', ru: 'Назад к уроку {lesson}' },
  skip: { en: 'Skip to the training', ru: 'Сразу к обучению' },
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
  'try.draw.hint': {
    en: 'A GRU predicts a sine',
    ru: 'GRU предсказывает синус',
  },

  // Controls.
  controls: { en: 'Training', ru: 'Обучение' },
  run: { en: 'Train', ru: 'Обучать' },
  pause: { en: 'Pause', ru: 'Пауза' },
  step: {
    en: 'One update',
    ru: 'Одно обновление',
  },
  'step.batch': {
    en: 'One batch',
    ru: 'Один пакет',
  },
  restart: { en: 'Start again', ru: 'Сначала' },
  restore: {
    en: 'Back to it',
    ru: 'Вернуть прежнее',
  },
  save: { en: 'Save', ru: 'Сохранить' },
  'save.a': {
    en: 'Save {name}',
    ru: 'Сохранить {name}',
  },
  load: { en: 'Load', ru: 'Загрузить' },
  copy: { en: 'Copy link', ru: 'Копировать ссылку' },
  'status.idle': { en: 'Loading …', ru: 'Загрузка…' },
  'status.ready': { en: 'Ready: press Train.', ru: 'Готово: нажмите «Обучать».' },
  'status.running': { en: 'Training.', ru: 'Идёт обучение.' },
  'status.paused': {
    en: 'Paused after {step|update|updates}.',
    ru: 'Пауза после {step|обновления|обновлений|обновлений}.',
  },
  'status.aside': {
    en: 'Learning begins anew. What was learned before, in {step|update|updates}, is put aside: “Back to it” brings it again.',
    ru: 'Обучение начато заново. Прежнее ({step|обновление|обновления|обновлений}) отложено: его вернёт кнопка «Вернуть прежнее».',
  },
  'status.restored': {
    en: 'Here it is again, after {step|update|updates}.',
    ru: 'Прежняя сеть снова здесь, после {step|обновления|обновлений|обновлений}.',
  },
  'status.adjusted': {
    en: 'Learning goes on with that after {step|update|updates}. “Start again” learns with it from the beginning.',
    ru: 'Так обучение пойдёт дальше, после {step|обновления|обновлений|обновлений}. Кнопка «Сначала» учит так с самого начала.',
  },
  'status.copied': { en: 'The link is copied.', ru: 'Ссылка скопирована.' },
  'status.link': { en: 'The link stands in the address bar.', ru: 'Ссылка — в адресной строке.' },
  'status.long': {
    en: 'The link is copied, but your own data are too long for it ({length|character|characters}; {most} fit): save the model to keep them.',
    ru: 'Ссылка скопирована, но ваши данные для неё слишком длинные ({length|символ|символа|символов}, помещается {most}): сохраните модель, чтобы их не потерять.',
  },
  'status.saved': { en: 'The model is saved.', ru: 'Модель сохранена.' },
  'status.loaded': { en: 'The model is loaded: train it further.', ru: 'Модель загружена: можно учить её дальше.' },
  'error.load': {
    en: 'This file cannot be loaded: expected is a model that was saved on this page.',
    ru: 'Этот файл не удалось загрузить: нужна модель, сохранённая на этой странице.',
  },
  'error.start': {
    en: '{name} cannot be trained: {message}',
    ru: '{name}: обучать нельзя: {message}',
  },
  'error.diverged': {
    en: '{name} stopped at update {step}: its numbers became infinite. A gradient exploded. Turn on clipping or take a smaller learning rate, then start again.',
    ru: '{name}: остановка на обновлении {step}. Числа стали бесконечными: градиент взорвался. Включите ограничение градиента или уменьшите скорость обучения и начните сначала.',
  },
  'data.line': {
    en: 'line {line} of your data is “{text}”. Expected is a number in its last column, and as many columns as in the first line.',
    ru: 'строка {line} ваших данных — «{text}». Ожидается число в последнем столбце и столько же столбцов, сколько в первой строке.',
  },
  'data.none': {
    en: 'there are no numbers in your data. Expected is one number a line.',
    ru: 'в ваших данных нет чисел. Ожидается по одному числу в строке.',
  },
  'data.numbers': {
    en: 'your data have {got|number|numbers}, and sequences of {length|step|steps} need at least {least}. Add lines, or take a shorter sequence.',
    ru: 'в ваших данных {got|число|числа|чисел}, а для цепочек в {length|шаг|шага|шагов} нужно не меньше {least}. Добавьте строк или возьмите цепочку короче.',
  },
  'data.constant': {
    en: 'the first four fifths of your numbers are all {value}: there is nothing to learn from them.',
    ru: 'первые четыре пятых ваших чисел одинаковы ({value}): по ним нечему учиться.',
  },
  'data.characters': {
    en: 'your text has {got|character|characters}, and a batch size of {batch} needs at least {least}. Give a longer text, or take a smaller batch.',
    ru: 'в вашем тексте {got|символ|символа|символов}, а для пакета размером {batch} нужно не меньше {least}. Дайте текст длиннее или уменьшите пакет.',
  },
  'data.lfs': {
    en: 'this is a pointer of Git LFS in place of the file: “git lfs pull” fetches the file itself.',
    ru: 'это указатель Git LFS вместо самого файла: его загрузит «git lfs pull».',
  },
  'data.encoding': {
    en: 'This file is not a text in UTF-8 (byte {place}): save it as UTF-8, and choose it again.',
    ru: 'Этот файл — не текст в UTF-8 (байт {place}): сохраните его в UTF-8 и выберите снова.',
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
  'network.named': { en: 'Network “{name}”', ru: 'Сеть «{name}»' },
  explain: { en: 'What this shows', ru: 'Что здесь видно' },
  compare: { en: 'Compare with a second network', ru: 'Сравнить со второй сетью' },
  'compare.hint': {
    en: 'Both learn from the same sequences, side by side: neither begins with the next before both have read the last.',
    ru: 'Обе учатся на одних и тех же последовательностях и идут рядом: ни одна не берёт следующую, пока обе не прочли предыдущую.',
  },
  'settings.frozen': {
    en: 'While it learns you can change learning rate, clipping and temperature. For the rest, pause: with another setting learning begins anew.',
    ru: 'Во время обучения можно менять скорость, ограничение и температуру. Для остального нажмите «Пауза»: с другой настройкой обучение начнётся заново.',
  },
  help: { en: 'What do these mean?', ru: 'Что это значит?' },
  'group.cell': { en: 'Cell', ru: 'Ячейка' },
  'group.learning': { en: 'Learning', ru: 'Обучение' },
  'field.task': { en: 'What to learn', ru: 'Чему учиться' },
  'field.length': { en: 'Sequence length', ru: 'Длина цепочки' },
  'field.length.copy': { en: 'Length of the pause', ru: 'Длина паузы' },
  'field.batch': { en: 'Batch size', ru: 'Размер пакета' },
  'field.seed': { en: 'Seed', ru: 'Начальное число' },
  'field.temperature': {
    en: 'Temperature',
    ru: 'Температура',
  },
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
  'field.rate': {
    en: 'Learning rate',
    ru: 'Скорость обучения',
  },
  'field.clip': {
    en: 'Clip gradients',
    ru: 'Ограничение градиента',
  },
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
  'field.file': { en: 'Open a file', ru: 'Открыть файл' },

  // What the settings mean.
  'help.length': {
    en: 'How many steps the network reads in one sequence, T. Longer is harder: the gradient has farther to go.',
    ru: 'Сколько шагов сеть читает в одной последовательности, T. Чем длиннее, тем труднее: градиенту дальше идти.',
  },
  'help.length.copy': {
    en: 'How many steps lie between the letters and the question mark.',
    ru: 'Сколько шагов проходит между буквами и знаком вопроса.',
  },
  'help.batch': {
    en: 'How many sequences one update learns from at once.',
    ru: 'На скольких последовательностях учится одно обновление.',
  },
  'help.seed': {
    en: 'Everything random begins here: the same number gives the same data, the same weights and the same training.',
    ru: 'С него начинается всё случайное: то же число даёт те же данные, те же веса и то же обучение.',
  },
  'help.temperature': {
    en: 'How daring the network writes: low takes what it finds likeliest, 1 draws as it believes, more is wilder.',
    ru: 'Насколько смело сеть пишет: при низкой берёт самое вероятное, при 1 выбирает так, как считает сама, выше — смелее.',
  },
  'help.cell': {
    en: 'How the new state is made from the old. Elman is the simplest; LSTM and GRU have gates that decide what is kept; in an IndRNN each unit sees its own state alone.',
    ru: 'Как из старого состояния получается новое. Элман — простейшая ячейка; у LSTM и GRU есть вентили, которые решают, что хранить; в IndRNN каждый нейрон видит только своё состояние.',
  },
  'help.activation': {
    en: 'The function behind the sum in each unit: tanh squeezes into ±1, ReLU cuts what is below 0, identity leaves it as it is.',
    ru: 'Функция после суммы в каждом нейроне: tanh сжимает в ±1, ReLU обрезает всё ниже 0, тождество ничего не меняет.',
  },
  'help.hidden': {
    en: 'How many numbers the state has, H. More remember more and take longer.',
    ru: 'Сколько чисел в состоянии, H. Чем больше, тем больше помнит сеть и тем медленнее учится.',
  },
  'help.layers': {
    en: 'Recurrent layers on top of each other: each reads the states of the one below. The views show the topmost.',
    ru: 'Рекуррентные слои друг над другом: каждый читает состояния нижнего. Показан самый верхний.',
  },
  'help.init': {
    en: 'How the recurrent weights W begin. Orthogonal and identity keep lengths; Glorot and PyTorch’s are random; with 0 that stays 0 there is no memory.',
    ru: 'С чего начинаются рекуррентные веса W. Ортогональная и единичная сохраняют длину; по Глоро и как в PyTorch — случайные; 0, который остаётся нулём, — сеть без памяти.',
  },
  'help.gain': {
    en: 'W is multiplied by it at the start: below 1 it shrinks the state, above 1 it stretches it.',
    ru: 'На него вначале умножается W: меньше 1 — сжимает состояние, больше 1 — растягивает.',
  },
  'help.forget': {
    en: 'Added to the forget gate at the start: the larger, the longer the cells keep what they have.',
    ru: 'Прибавляется вначале к вентилю забывания: чем больше, тем дольше ячейки хранят содержимое.',
  },
  'help.bptt': {
    en: 'Full BPTT goes back through the whole sequence; truncated BPTT makes an update every k1 steps and goes back k2.',
    ru: 'Полное BPTT проходит назад всю последовательность; усечённое обновляет веса через каждые k1 шагов и идёт назад на k2.',
  },
  'help.k1': { en: 'Steps from one update to the next.', ru: 'Сколько шагов от одного обновления до другого.' },
  'help.k2': {
    en: 'How far back each gradient goes. What lies farther back cannot be learned from.',
    ru: 'Как далеко назад идёт каждый градиент. На том, что дальше, учиться нельзя.',
  },
  'help.optimizer': {
    en: 'How a gradient becomes an update. SGD goes along it; momentum and the others remember earlier gradients.',
    ru: 'Как из градиента получается обновление. SGD идёт прямо против него; Momentum и остальные помнят прежние градиенты.',
  },
  'help.rate': {
    en: 'How large the updates are. Too small learns slowly, too large throws the weights about.',
    ru: 'Насколько велики обновления (learning rate). Слишком малая скорость учит медленно, слишком большая разбрасывает веса.',
  },
  'help.clip': {
    en: 'Keeps a gradient that explodes from ruining the weights: by its whole length (norm), or number by number (value).',
    ru: 'Не даёт взорвавшемуся градиенту испортить веса (clipping): по всей его длине (норме) или по каждому числу (значению).',
  },
  'help.limit': {
    en: 'The longest gradient, or the largest number in it, that is let through whole.',
    ru: 'Самый длинный градиент или самое большое число в нём, которое проходит целиком.',
  },
  'help.l2': {
    en: 'Pulls all weights towards 0, so that they stay small.',
    ru: 'Тянет все веса к 0, чтобы они оставались малыми.',
  },
  'help.dropout': {
    en: 'The share of what each layer hands on that is left out at random while it learns, so that nothing is learned by heart.',
    ru: 'Какая доля того, что передаёт слой, случайно пропускается во время обучения, чтобы ничего не заучивать.',
  },
  'help.updates': { en: 'How often the weights were changed.', ru: 'Сколько раз менялись веса.' },
  'help.batches': {
    en: 'How many batches of sequences were read.',
    ru: 'Сколько пакетов последовательностей прочитано.',
  },
  'help.testLoss': {
    en: 'How wrong the network is on sequences that it never learned from. Lower is better.',
    ru: 'Насколько сеть ошибается на последовательностях, на которых не училась. Чем меньше, тем лучше.',
  },
  'help.gradientNorm': {
    en: 'The length of the newest gradient of all weights, before clipping.',
    ru: 'Длина последнего градиента всех весов, до ограничения.',
  },
  'help.speed': {
    en: 'Steps of all sequences together that are learned from in a second.',
    ru: 'Сколько шагов всех последовательностей вместе проходит обучение за секунду.',
  },
  'help.parameters': {
    en: 'How many numbers are learned in all.',
    ru: 'Сколько всего чисел выучивается.',
  },

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
  'cell.indrnn': { en: 'IndRNN', ru: 'IndRNN' },
  'activation.tanh': { en: 'tanh', ru: 'tanh' },
  'activation.relu': { en: 'ReLU', ru: 'ReLU' },
  'activation.identity': { en: 'identity', ru: 'тождество' },
  'init.orthogonal': { en: 'orthogonal', ru: 'ортогональная' },
  'init.identity': { en: 'identity', ru: 'единичная' },
  'init.glorot': {
    en: 'Glorot',
    ru: 'Глоро',
  },
  'init.none': { en: '0, and stays 0', ru: '0 и остаётся 0' },
  'init.pytorch': { en: 'as in PyTorch', ru: 'как в PyTorch' },
  'bptt.full': { en: 'full BPTT', ru: 'полное BPTT' },
  'bptt.truncated': { en: 'truncated BPTT', ru: 'усечённое BPTT' },
  'optimizer.sgd': { en: 'SGD', ru: 'SGD' },
  'optimizer.momentum': { en: 'Momentum', ru: 'Momentum' },
  'optimizer.rmsprop': { en: 'RMSProp', ru: 'RMSProp' },
  'optimizer.adagrad': { en: 'Adagrad', ru: 'Adagrad' },
  'optimizer.adam': { en: 'Adam', ru: 'Adam' },
  'optimizer.adamw': { en: 'AdamW', ru: 'AdamW' },
  'clip.norm': { en: 'by norm', ru: 'по норме' },
  'clip.value': { en: 'by value', ru: 'по значению' },
  'clip.off': { en: 'off', ru: 'выключено' },
  'name.clip': {
    en: 'clipped {how}',
    ru: 'ограничение {how}',
  },
  'name.unclipped': {
    en: 'not clipped',
    ru: 'без ограничения',
  },

  // What the tasks are.
  'about.text': {
    en: 'The network reads a text one character at a time and learns to predict the next. Then it writes on its own.',
    ru: 'Сеть читает текст по одной букве и учится предсказывать следующую. Потом пишет сама.',
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
    en: 'Sines of different frequencies. At each step the network predicts the next number; then it goes on drawing from its own predictions.',
    ru: 'Синусоиды разной частоты. На каждом шаге сеть предсказывает следующее число, а потом продолжает кривую по собственным предсказаниям.',
  },
  'about.csv': {
    en: 'A series of numbers of your own. The network learns from the first four fifths to predict the next number, then goes on by itself in the last fifth.',
    ru: 'Ваш ряд чисел. По первым четырём пятым сеть учится предсказывать следующее число, а последнюю пятую часть продолжает сама.',
  },

  // Figures under the controls.
  updates: { en: 'updates', ru: 'обновлений' },
  batches: {
    en: 'batches',
    ru: 'пакетов',
  },
  testLoss: { en: 'test loss', ru: 'потери на проверке' },
  gradientNorm: { en: 'gradient norm', ru: 'норма градиента' },
  speed: { en: 'steps a second', ru: 'шагов в секунду' },
  parameters: { en: 'weights', ru: 'весов' },

  // Views.
  table: { en: 'As a table', ru: 'В виде таблицы' },
  waiting: { en: 'Comes when the network is ready.', ru: 'Появится, когда сеть будет готова.' },
  'seen.after': {
    en: 'After {step|update|updates}.',
    ru: 'После {step|обновления|обновлений|обновлений}.',
  },
  'seen.last': {
    en: 'The last look that could be had: after {step|update|updates}. Since then its numbers are no longer finite.',
    ru: 'Последнее, что удалось увидеть: после {step|обновления|обновлений|обновлений}. С тех пор её числа бесконечны.',
  },
  matrix: { en: 'Matrix', ru: 'Матрица' },
  'view.outcome': { en: 'What it does', ru: 'Что она умеет' },
  'view.loss': { en: 'Loss', ru: 'Потери' },
  'view.gradient': { en: 'How far gradients reach', ru: 'Как далеко доходят градиенты' },
  'view.spectrum': {
    en: 'The Jacobian of a step',
    ru: 'Якобиан одного шага',
  },
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
  'explain.outcome.adding': {
    en: 'An answer less than 0.1 from the sum counts as right.',
    ru: 'Верным считается ответ, который отличается от суммы меньше чем на 0,1.',
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
    en: 'One step multiplies the gradient by a matrix, the Jacobian. How much that one step shrinks or stretches is told by its singular values: the ring reaches from the least to the largest. What comes of many such steps is told by its eigenvalues, the dots: inside the dashed circle a direction is forgotten in the long run, outside it grows, on it it is kept. An LSTM has dots close to 1: its cells. Shown is the last step of the sequence below.',
    ru: 'Каждый шаг умножает градиент на матрицу — якобиан. Во сколько раз один этот шаг сжимает или растягивает, говорят сингулярные числа: кольцо — от наименьшего до наибольшего. К чему приведут многие такие шаги, говорят собственные числа — точки: внутри пунктирной окружности направление со временем забывается, снаружи растёт, на ней сохраняется. У LSTM есть точки вблизи 1: это её ячейки памяти. Показан последний шаг той последовательности, что ниже.',
  },
  'explain.hidden': {
    en: 'One test sequence from left to right, with what is read below; each line is a hidden unit. Look for lines that change when something important comes and stay so until it is needed.',
    ru: 'Одна проверочная последовательность слева направо, под ней — что читает сеть; каждая строка — скрытый нейрон. Ищите строки, которые меняются, когда приходит важное, и держатся до тех пор, пока оно нужно.',
  },
  'explain.weights': {
    en: 'From each hidden unit (column) to each other (row), for every gate. At the start they are as chosen; what differs from that is what was learned.',
    ru: 'От каждого скрытого нейрона (столбец) к каждому (строка), для каждого вентиля. Сначала они такие, как выбрано; всё, что отличается, — это то, чему сеть научилась.',
  },
  'gates.lstm': {
    en: 'LSTM: i lets in, f keeps, g is what could be written, o shows.',
    ru: 'LSTM: i впускает, f хранит, g — то, что можно записать, o показывает.',
  },
  'gates.gru': {
    en: 'GRU: r says how much of the old state is looked at, z how much of it is kept, n is what could be written.',
    ru: 'GRU: r — сколько старого состояния учитывать, z — сколько его хранить, n — то, что можно записать.',
  },
  'axis.updates': { en: 'updates', ru: 'обновления' },
  'axis.batches': {
    en: 'batches of sequences',
    ru: 'пакеты последовательностей',
  },
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
  'outcome.texts': { en: 'What it wrote, the newest first', ru: 'Что она написала, новое сверху' },
  'outcome.after': {
    en: 'after {step|update|updates}',
    ru: 'после {step|обновления|обновлений|обновлений}',
  },
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
    en: 'One step stretches a gradient at most by {most} and at least by {least}. Eigenvalues: {count}; the largest has the magnitude {radius}.',
    ru: 'Один шаг растягивает градиент самое большее в {most} и самое меньшее в {least} раза. Собственных чисел: {count}; наибольшее по модулю: {radius}.',
  },
  'hidden.summary': {
    en: '{units|unit|units} over {steps|step|steps}; values from {min} to {max}.',
    ru: '{units|нейрон|нейрона|нейронов}, {steps|шаг|шага|шагов}; значения от {min} до {max}.',
  },
  'weights.summary': {
    en: '{rows} × {columns}; values from {min} to {max}.',
    ru: '{rows} × {columns}; значения от {min} до {max}.',
  },
  'loss.summary': {
    en: 'Test loss {loss} after {step|update|updates}.',
    ru: 'Потери на проверке {loss} после {step|обновления|обновлений|обновлений}.',
  },
  'spectrum.circle': { en: 'circle of radius 1', ru: 'окружность радиуса 1' },
  'spectrum.ring': {
    en: 'from the least to the largest singular value',
    ru: 'от наименьшего до наибольшего сингулярного числа',
  },
  'scale.hint': { en: 'colours from {min} to {max}', ru: 'цвета от {min} до {max}' },
  place: { en: 'no.', ru: '№' },
  real: { en: 'real part', ru: 'действительная часть' },
  imaginary: { en: 'imaginary part', ru: 'мнимая часть' },
  magnitude: { en: 'magnitude', ru: 'модуль' },
  reads: { en: 'reads', ru: 'читает' },

  // The unrolled network.
  'unrolled.title': { en: 'A network, unrolled in time', ru: 'Сеть, развёрнутая во времени' },
  'unrolled.lead': {
    en: 'Play it forward, then watch the gradient come back. Drag W: red arrows thin out or swell. Switch losses on and off.',
    ru: 'Проиграйте её вперёд, потом смотрите, как градиент идёт назад. Двигайте W: красные стрелки тают или растут. Включайте и выключайте потери.',
  },
  'unrolled.playground': { en: 'Train larger ones', ru: 'Обучить большие' },
  'unrolled.lesson': { en: 'The same in words', ru: 'То же словами' },
  'unrolled.play': { en: 'Play', ru: 'Проиграть' },
  'unrolled.start': { en: 'Before the first step', ru: 'До первого шага' },
  'unrolled.forward': { en: 'Forward: step {step}', ru: 'Вперёд: шаг {step}' },
  'unrolled.losses': { en: 'The losses are added', ru: 'Потери складываются' },
  'unrolled.back': { en: 'Back: step {step}', ru: 'Назад: шаг {step}' },
  'unrolled.k2': { en: 'k2 = {k2|step|steps} back', ru: 'k2 = {k2|шаг|шага|шагов} назад' },
  'unrolled.units': { en: 'Units, 1 to 3', ru: 'Нейронов, 1–3' },
  'unrolled.steps': { en: 'Steps, 4 to 8', ru: 'Шагов, 4–8' },
  'unrolled.which': { en: 'Losses that count', ru: 'Какие потери считаются' },
  'unrolled.picture': {
    en: 'The network over time: inputs go up into states by V, states into the next by W and up into answers by U. Gradients go back in red.',
    ru: 'Сеть во времени: входы идут вверх в состояния через V, состояния — в следующие через W и вверх в ответы через U. Градиенты идут назад, красным.',
  },
  'unrolled.factor': {
    en: 'Red: what goes back. Between two steps × slope·W, by which the gradient is multiplied there; under a state ∂L/∂h, what has arrived.',
    ru: 'Красное идёт назад. Между двумя шагами × — на что там умножается градиент: наклон·W; под состоянием ∂L/∂h — сколько дошло.',
  },
  'unrolled.terms': { en: 'Gradients of the weights', ru: 'Градиенты весов' },
  'unrolled.onePath': {
    en: 'U has one path from each loss. W is used at every step, so each step it reaches adds a term.',
    ru: 'От каждой потери к U ведёт один путь. W действует на каждом шаге, поэтому слагаемое добавляет каждый шаг, до которого дошёл градиент.',
  },
  'unrolled.lstm': { en: 'The cell of an LSTM beside it', ru: 'Рядом — ячейка LSTM' },
  'unrolled.lstm.picture': {
    en: 'The cells of an LSTM over time: each step back multiplies by its forget gate alone.',
    ru: 'Ячейки LSTM во времени: каждый шаг назад умножает только на вентиль забывания.',
  },
  'unrolled.lstm.product': {
    en: 'Back from step {steps} to step 1 its cell keeps {share} of a gradient.',
    ru: 'От шага {steps} до шага 1 ячейка сохраняет {share} градиента.',
  },
  'unrolled.tanh.product': { en: 'The network above: {share}.', ru: 'Сеть выше: {share}.' },
  'unrolled.forget': { en: 'Forget bias {forget}', ru: 'Сдвиг забывания {forget}' },
} as const satisfies Readonly<Record<string, Text>>;

export type Key = keyof typeof strings;

/** Gives a text in one language, its `{names}` filled in; `{name|update|updates}` is a count with the right form of the word. */
export type Translate = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

const rules: Readonly<Record<Language, Intl.PluralRules>> = {
  en: new Intl.PluralRules('en'),
  ru: new Intl.PluralRules('ru'),
};
/** What the forms of a word in `{count|update|updates}` are for, in their order. */
const forms: Readonly<Record<Language, readonly Intl.LDMLPluralRule[]>> = {
  en: ['one', 'other'],
  ru: ['one', 'few', 'many'],
};

export function translator(language: Language): Translate {
  return (key, values = {}) =>
    strings[key][language].replaceAll(/\{(\w+)((?:\|[^|{}]+)*)\}/g, (whole, name: string, words: string) => {
      const value = values[name] ?? whole;
      if (words === '') return String(value);
      const form = forms[language].indexOf(rules[language].select(Number(value)));
      return `${formatCount(language, Number(value))} ${words.slice(1).split('|')[form]}`;
    });
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
