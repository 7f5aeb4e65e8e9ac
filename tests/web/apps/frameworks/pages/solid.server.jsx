import { renderToString } from 'solid-js/web';
import { Page } from './solid.jsx';

export const render = (props) => renderToString(() => <Page {...props} />);
