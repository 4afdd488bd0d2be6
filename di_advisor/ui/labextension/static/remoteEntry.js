/* The advisor's place in JupyterLab 4 and Notebook 7: a launcher card, palette commands, a side panel.

   Problem: a launcher card and a side panel must be there before any kernel runs, and users have no Node.
   Decision: a prebuilt extension is a script that answers `init` and `get`; this one is written by hand,
   bundles nothing, and takes what it needs from the packages that JupyterLab shares. The panel shows what
   `di_advisor.app()` shows in the notebook's own kernel, so panel and cell are views of one state.
   Limits: other hosts (Voila) share fewer packages; there it stays silent. */
(function () {
  'use strict';

  const NAME = 'di-advisor';
  const PANEL = 'di-advisor-panel';
  const CATEGORY = 'Direct indexing';
  const BOOT = 'import di_advisor\ndi_advisor.app()';
  const COMM = 'di_advisor.lab';
  const WIDTH = 420;
  const ABOUT =
    'Proposes trades lot by lot, with a reason and the dollars of each. It runs in the notebook’s own kernel, opens with ' +
    'a simulated sample, and takes your files on its page Account. What it shows in a cell is saved with the notebook.';
  const ICON =
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 22 22">' +
    '<g class="jp-icon3" fill="#616161"><path d="M3 3h2v14h14v2H3z"/>' +
    '<path d="M7 14l3-4 3 2 5-7 1.6 1.2-6.2 8.6-3-2L8.6 15z"/></g></svg>';
  const STYLE =
    '.di-Side{overflow:auto;padding:8px;min-width:340px;background:var(--jp-layout-color1);' +
    'color:var(--jp-ui-font-color1);font-size:var(--jp-ui-font-size1)}' +
    '.di-Side-line{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding-bottom:8px;' +
    'border-bottom:1px solid var(--jp-border-color2);margin-bottom:8px}' +
    '.di-Side-line button{font:inherit;padding:2px 10px;color:var(--jp-ui-font-color1);' +
    'background:var(--jp-layout-color2);border:1px solid var(--jp-border-color1);border-radius:2px;cursor:pointer}' +
    '.di-Side-line button:focus-visible{outline:2px solid var(--jp-brand-color1)}' +
    '.di-Side-about{line-height:1.5;max-width:60ch}' +
    '.jp-RenderedHTMLCommon .di-table :is(th,td){padding:2px 6px}';

  let shared = null;

  /* The newest copy of a package that the host shares, or null. */
  async function use(name) {
    const copies = shared[name];
    if (!copies) {
      return null;
    }
    const newest = Object.keys(copies)
      .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
      .pop();
    return (await copies[newest].get())();
  }

  /* A Python kernel's name: the default if it is Python, else the first that is. */
  async function pythonKernel(app) {
    const specs = app.serviceManager.kernelspecs;
    await specs.ready;
    const known = (specs.specs && specs.specs.kernelspecs) || {};
    const isPython = name => known[name] && known[name].language === 'python';
    const usual = specs.specs && specs.specs.default;
    return isPython(usual) ? usual : Object.keys(known).find(isPython) || 'python3';
  }

  function insertCell(notebook, source) {
    const at = notebook.content.activeCellIndex + 1;
    notebook.content.model.sharedModel.insertCell(at, { cell_type: 'code', source, metadata: {} });
    notebook.content.activeCellIndex = at;
  }

  /* The kernel asks for a new cell by opening a comm with {insert, window}. Every window on the kernel hears it;
     the one in which the app was used last inserts and says so, the others leave it alone. */
  function listen(notebook) {
    const attach = kernel => {
      if (!kernel) {
        return;
      }
      kernel.registerCommTarget(COMM, (comm, opened) => {
        const asked = opened.content.data || {};
        if (typeof asked.insert === 'string' && asked.window && asked.window === window.diAdvisorWindow) {
          insertCell(notebook, asked.insert);
          comm.send({ inserted: true });
          comm.close();
        }
      });
    };
    notebook.sessionContext.kernelChanged.connect((_, change) => attach(change.newValue));
    attach(notebook.sessionContext.session && notebook.sessionContext.session.kernel);
  }

  /* Why the advisor did not start, in words a person can act on. */
  function reason(reply, kernelName) {
    const content = (reply && reply.content) || {};
    if (content.status !== 'error') {
      return '';
    }
    if (content.ename === 'ModuleNotFoundError' && /di_advisor/.test(content.evalue || '')) {
      return `The kernel “${kernelName}” has no di_advisor. Run in a cell: %pip install di-advisor, then restart it.`;
    }
    return `The advisor did not start: ${content.ename}: ${content.evalue}`;
  }

  /* Once a session, a side panel that opens too narrow for its tables takes room from the widest beside it. */
  function widen(panel) {
    let inner = panel;
    let split = panel.parent;
    while (split && !(split.orientation === 'horizontal' && split.setRelativeSizes)) {
      inner = split;
      split = split.parent;
    }
    const at = split ? split.widgets.indexOf(inner) : -1;
    if (at < 0 || !panel.isVisible) {
      return;
    }
    const sizes = split.widgets.map(each => (each.isVisible ? each.node.offsetWidth : 0));
    const lacks = Math.min(WIDTH - sizes[at], Math.max(...sizes) / 3);
    if (lacks > 0) {
      sizes[sizes.indexOf(Math.max(...sizes))] -= lacks;
      sizes[at] += lacks;
      split.setRelativeSizes(sizes);
    }
  }

  function sidePanel(lumino, outputs, tracker, icon) {
    return new (class extends lumino.Panel {
      constructor() {
        super();
        this.id = PANEL;
        this.addClass('di-Side');
        this.title.icon = icon;
        this.title.caption = 'Direct-indexing advisor';
        this.node.setAttribute('role', 'region');
        this.node.setAttribute('aria-label', 'Direct-indexing advisor');
        const line = new lumino.Widget();
        line.addClass('di-Side-line');
        this.words = document.createElement('span');
        this.words.setAttribute('role', 'status');
        this.button = document.createElement('button');
        this.button.type = 'button';
        this.button.addEventListener('click', () => void this.bind());
        line.node.append(this.words, this.button);
        this.addWidget(line);
        this.about = new lumino.Widget();
        this.about.addClass('di-Side-about');
        this.about.node.textContent = ABOUT;
        this.addWidget(this.about);
        this.bound = null;
        this.area = null;
        tracker.currentChanged.connect(() => this.describe());
        this.describe();
      }

      onAfterShow() {
        this.describe();
        if (!this.widened) {
          this.widened = true;
          requestAnimationFrame(() => widen(this));
        }
      }

      /* Say which notebook this belongs to, and offer what can be done next. */
      describe(trouble) {
        const current = tracker.currentWidget;
        const here = this.bound && this.bound.title.label;
        this.button.hidden = !current || (current === this.bound && !trouble);
        this.button.textContent = here && !trouble ? `Use ${current ? current.title.label : ''}` : 'Start here';
        this.about.setHidden(!!this.bound);
        this.button.setAttribute('aria-label', current ? `Start the advisor in ${current.title.label}` : 'Start');
        if (trouble) {
          this.words.textContent = trouble;
        } else if (this.bound) {
          this.words.textContent = `${here} · ${this.bound.sessionContext.kernelDisplayName}`;
        } else {
          this.words.textContent = current
            ? `Not started in ${current.title.label}.`
            : 'Open a Python notebook: the advisor runs in its kernel.';
        }
      }

      /* The kernel or its notebook is gone: what was shown stands in the notebook. */
      release(notebook, trouble) {
        if (this.bound !== notebook) {
          return;
        }
        this.bound = null;
        if (this.area) {
          this.area.dispose();
          this.area = null;
        }
        this.describe(trouble);
      }

      async bind() {
        const notebook = tracker.currentWidget;
        if (!notebook || notebook === this.bound) {
          this.describe();
          return;
        }
        if (this.bound) {
          this.release(this.bound);
        }
        this.bound = notebook;
        this.words.textContent = 'Starting …';
        this.button.hidden = true;
        const session = notebook.sessionContext;
        await session.ready;
        const area = new outputs.SimplifiedOutputArea({
          model: new outputs.OutputAreaModel({ trusted: true }),
          rendermime: notebook.content.rendermime
        });
        this.area = area;
        this.addWidget(area);
        session.statusChanged.connect((_, status) => {
          if (/restarting|dead|terminating/.test(status)) {
            this.release(notebook, 'The kernel was restarted; saved results stand in the notebook.');
          }
        });
        notebook.disposed.connect(() => this.release(notebook, 'The notebook was closed.'));
        try {
          const reply = await outputs.SimplifiedOutputArea.execute(BOOT, area, session, { store_history: false });
          const trouble = reason(reply, session.kernelDisplayName);
          if (trouble) {
            this.release(notebook, trouble);
          } else {
            this.describe();
          }
        } catch (error) {
          this.release(notebook, `The advisor did not start: ${error}`);
        }
      }
    })();
  }

  function activate(app, packages, tracker, launcher, palette, restorer) {
    const { lumino, outputs, ui } = packages;
    const icon = new ui.LabIcon({ name: `${NAME}:icon`, svgstr: ICON });
    const panel = sidePanel(lumino, outputs, tracker, icon);
    app.shell.add(panel, 'right', { rank: 900 });
    if (restorer) {
      restorer.add(panel, PANEL);
    }
    app.commands.addCommand(`${NAME}:open`, {
      label: 'Direct-indexing advisor: open the side panel',
      icon,
      execute: async () => {
        app.shell.activateById(panel.id);
        await panel.bind();
      }
    });
    app.commands.addCommand(`${NAME}:new`, {
      label: asked => (asked.isPalette ? 'Direct-indexing advisor: new notebook' : 'Direct-indexing advisor'),
      caption: 'A new notebook with the advisor beside it',
      icon: asked => (asked.isPalette ? null : icon),
      execute: async asked => {
        const made = await app.commands.execute('docmanager:new-untitled', {
          path: (asked && asked.cwd) || '',
          type: 'notebook'
        });
        const notebook = await app.commands.execute('docmanager:open', {
          path: made.path,
          factory: 'Notebook',
          kernel: { name: await pythonKernel(app) }
        });
        await notebook.context.ready;
        await notebook.sessionContext.ready;
        notebook.content.model.sharedModel.insertCell(0, { cell_type: 'code', source: BOOT, metadata: {} });
        notebook.content.activeCellIndex = 0;
        app.shell.activateById(panel.id);
        await panel.bind();
        return notebook;
      }
    });
    tracker.forEach(listen);
    tracker.widgetAdded.connect((_, notebook) => listen(notebook));
    if (palette) {
      palette.addItem({ command: `${NAME}:open`, category: CATEGORY });
      palette.addItem({ command: `${NAME}:new`, category: CATEGORY, args: { isPalette: true } });
    }
    if (launcher) {
      launcher.add({ command: `${NAME}:new`, category: CATEGORY, rank: 1 });
    }
  }

  async function extension() {
    const [labs, apputils, launcher, notebooks, outputs, ui, lumino] = await Promise.all(
      [
        '@jupyterlab/application',
        '@jupyterlab/apputils',
        '@jupyterlab/launcher',
        '@jupyterlab/notebook',
        '@jupyterlab/outputarea',
        '@jupyterlab/ui-components',
        '@lumino/widgets'
      ].map(use)
    );
    if (!labs || !apputils || !notebooks || !outputs || !ui || !lumino) {
      return { __esModule: true, default: [] };
    }
    const plugin = {
      id: `${NAME}:plugin`,
      description: 'Launcher card, palette commands and side panel of the direct-indexing advisor.',
      autoStart: true,
      // Voila shares the packages and has no notebooks: nothing is required, so that nothing fails there.
      optional: [notebooks.INotebookTracker, apputils.ICommandPalette, labs.ILayoutRestorer, ...(launcher ? [launcher.ILauncher] : [])],
      activate: (app, tracker, palette, restorer, cards) => {
        if (tracker) {
          activate(app, { lumino, outputs, ui }, tracker, cards || null, palette, restorer);
        }
      }
    };
    return { __esModule: true, default: plugin };
  }

  async function style() {
    const sheet = document.createElement('style');
    sheet.textContent = STYLE;
    document.head.appendChild(sheet);
    return {};
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: scope => {
      shared = scope;
    },
    get: async module => {
      const made = await (module === './style' ? style() : extension());
      return () => made;
    }
  };
})();
