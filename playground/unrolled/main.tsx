// Where the page of the unrolled network begins.
import { render } from 'preact';
import { languages } from '../settings/config.ts';
import { UnrolledPage } from './page.tsx';
import { parseLink } from './settings.ts';
import '../style.css';
import './unrolled.css';

const preferred = languages.find((language) => navigator.language.startsWith(language)) ?? 'en';

const root = document.getElementById('unrolled')!;
const show = () => render(<UnrolledPage key={location.hash} initial={parseLink(location.hash, preferred)} />, root);
addEventListener('hashchange', show);
show();
