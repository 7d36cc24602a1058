// Everything the sign-in bar says. Texts that come from the server arrive in the chosen language.
export const TEXTS = {
  ru: {
    tagline: "API школьной системы",
    login: "Логин",
    password: "Пароль",
    signIn: "Войти",
    signingIn: "Входим…",
    signOut: "Выйти",
    contexts: "Роль, в которой вы работаете",
    demoLogins: "Войти как…",
    demoLoginsLabel: "Демонстрационные входы",
    language: "Язык",
    panes: { label: "Части консоли", query: "Запрос", answer: "Ответ", panel: "Справка" },
    close: "Закрыть",
    docs: "Справочник",
    trustedOnly:
      "Этот сервер выполняет только зарегистрированные документы (GOROD_TRUSTED_ONLY). Запросы из консоли и вход через неё он отклоняет. Составляйте запросы на сервере без этой настройки, например в gorod dev, и регистрируйте их командой gorod documents add.",
    signInFirst: "Войдите, чтобы увидеть схему и выполнять запросы.",
    choosePassword:
      "Первый вход: сначала задайте свой пароль, до этого остальное закрыто. Впишите оба пароля в переменные запроса ниже и выполните его.",
    passwordChosen: "Пароль задан. Теперь доступно всё, что разрешает ваша роль.",
    expired: "Время входа истекло. Войдите ещё раз.",
    refused: "Сервер не принял логин и пароль.",
    unreachable: "Сервер не отвечает. Проверьте соединение и попробуйте ещё раз.",
    notGraphQL: (status) => `Сервер ответил не по протоколу GraphQL (HTTP ${status}).`,
    roles: {
      student: "Ученик",
      parent: "Родитель",
      subject_teacher: "Учитель-предметник",
      class_teacher: "Классный руководитель",
      psychologist: "Педагог-психолог",
      social_pedagogue: "Социальный педагог",
      deputy_director: "Завуч",
      school_administrator: "Администратор",
      secretary: "Секретарь",
      hr_specialist: "Кадровик",
      director: "Директор",
      municipal_officer: "Сотрудник управления образования",
    },
  },
  en: {
    tagline: "school system API",
    login: "Login",
    password: "Password",
    signIn: "Sign in",
    signingIn: "Signing in…",
    signOut: "Sign out",
    contexts: "The role you work in",
    demoLogins: "Sign in as…",
    demoLoginsLabel: "Demo logins",
    language: "Language",
    panes: { label: "Parts of the console", query: "Query", answer: "Answer", panel: "Docs" },
    close: "Close",
    docs: "Reference",
    trustedOnly:
      "This server runs registered documents only (GOROD_TRUSTED_ONLY). It refuses operations of this console, and signing in with it. Write operations on a server without this setting, such as gorod dev, and register them with gorod documents add.",
    signInFirst: "Sign in to see the schema and to run queries.",
    choosePassword:
      "First sign-in: choose a password of your own; all else is closed until then. Write both passwords into the variables of the operation below and run it.",
    passwordChosen: "Your password is set. All that your role allows is open now.",
    expired: "Your session has ended. Please sign in again.",
    refused: "The server did not accept this login and password.",
    unreachable: "The server does not answer. Check the connection and try again.",
    notGraphQL: (status) => `The server's answer was not GraphQL (HTTP ${status}).`,
    roles: {
      student: "Student",
      parent: "Parent",
      subject_teacher: "Subject teacher",
      class_teacher: "Class teacher",
      psychologist: "Psychologist",
      social_pedagogue: "Social pedagogue",
      deputy_director: "Deputy director",
      school_administrator: "School administrator",
      secretary: "Secretary",
      hr_specialist: "HR specialist",
      director: "Director",
      municipal_officer: "Municipal officer",
    },
  },
};

/** A role's name in words: the enum's value when we know no better one. */
export function roleName(role, language) {
  const roles = Array.isArray(role) ? role : [role];
  return roles
    .filter((each) => typeof each === "string" && each)
    .map((each) => TEXTS[language].roles[each.toLowerCase()] ?? each)
    .join(", ");
}
