// The documentation: guides and API pages in Markdown, search in the page, nothing from elsewhere.
import { defineConfig } from 'vitepress';
import { entryPoints } from '../api.js';
import { guides } from '../guides.js';
import { PLACEHOLDER } from '../relative.js';

const guide = guides.map(({ text, pages }) => ({
  text,
  items: pages.map(([name, title]) => ({ text: title, link: `/guides/${name}` })),
}));

const api = [
  { text: 'Overview', link: '/api/' },
  { text: 'Error codes', link: '/api/errors' },
  {
    text: 'Entry points',
    items: entryPoints().map(({ name }) => ({ text: name === 'bptt' ? 'bptt' : `bptt/${name}`, link: `/api/${name}` })),
  },
];

/** A page that is none of VitePress's. */
const page = (text: string, link: string) => ({ text, link, target: '_self', rel: '' });

const russian = {
  label: 'Русский',
  lang: 'ru',
  description: 'Рекуррентные нейронные сети везде, где есть JavaScript.',
  themeConfig: {
    nav: [
      { text: 'Руководства (англ.)', link: '/guides/train-on-text' },
      { text: 'API (англ.)', link: '/api/' },
      page('Песочница', '/playground/index.html#lang=ru'),
      page('Уроки', '/playground/lessons/ru/index.html'),
    ],
    outline: { label: 'На этой странице' },
    darkModeSwitchLabel: 'Тема',
    lightModeSwitchTitle: 'Светлая тема',
    darkModeSwitchTitle: 'Тёмная тема',
    sidebarMenuLabel: 'Меню',
    returnToTopLabel: 'Наверх',
    langMenuLabel: 'Язык',
    skipToContentLabel: 'К содержанию',
  },
};

export default defineConfig({
  base: PLACEHOLDER,
  title: 'bptt',
  description: 'Train and run recurrent neural networks anywhere JavaScript runs.',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  lastUpdated: false,
  srcExclude: ['node_modules/**'],
  router: { prefetchLinks: false },
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  locales: { root: { label: 'English', lang: 'en' }, ru: russian },
  themeConfig: {
    // Only the start page is there in both languages.
    i18nRouting: false,
    nav: [
      { text: 'Guides', link: '/guides/train-on-text', activeMatch: '/guides/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
      page('Playground', '/playground/index.html'),
      page('Lessons', '/playground/lessons/index.html'),
    ],
    sidebar: { '/guides/': guide, '/api/': api },
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        locales: {
          ru: {
            translations: {
              button: { buttonText: 'Поиск', buttonAriaLabel: 'Поиск' },
              modal: {
                noResultsText: 'Ничего не найдено:',
                resetButtonTitle: 'Очистить',
                footer: { selectText: 'открыть', navigateText: 'выбрать', closeText: 'закрыть' },
              },
            },
          },
        },
      },
    },
  },
});
