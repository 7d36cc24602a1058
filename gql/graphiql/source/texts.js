// Everything the sign-in bar says. Texts that come from the server arrive in the chosen language.
export const TEXTS = {
  ru: {
    tagline: "API школьной системы",
    login: "Логин",
    password: "Пароль",
    signIn: "Войти",
    signingIn: "Входим…",
    signOut: "Выйти",
    demoLogins: "Войти как…",
    demoLoginsLabel: "Демонстрационные входы",
    language: "Язык ответов",
    close: "Закрыть",
    signInFirst: "Войдите, чтобы увидеть схему и выполнять запросы.",
    expired: "Время входа истекло. Войдите ещё раз.",
    refused: "Сервер не принял логин и пароль.",
    unreachable: "Сервер не отвечает. Проверьте соединение и попробуйте ещё раз.",
    notGraphQL: (status) => `Сервер ответил не по протоколу GraphQL (HTTP ${status}).`,
    roles: {
      student: "Ученик",
      pupil: "Ученик",
      parent: "Родитель",
      guardian: "Родитель",
      teacher: "Учитель",
      class_teacher: "Классный руководитель",
      head_teacher: "Завуч",
      deputy: "Завуч",
      deputy_head: "Завуч",
      principal: "Директор",
      director: "Директор",
      head: "Директор",
      secretary: "Секретарь",
      admin: "Администратор",
      administrator: "Администратор",
      staff: "Сотрудник",
    },
  },
  en: {
    tagline: "school system API",
    login: "Login",
    password: "Password",
    signIn: "Sign in",
    signingIn: "Signing in…",
    signOut: "Sign out",
    demoLogins: "Sign in as…",
    demoLoginsLabel: "Demo logins",
    language: "Language of the answers",
    close: "Close",
    signInFirst: "Sign in to see the schema and to run queries.",
    expired: "Your session has ended. Please sign in again.",
    refused: "The server did not accept this login and password.",
    unreachable: "The server does not answer. Check the connection and try again.",
    notGraphQL: (status) => `The server's answer was not GraphQL (HTTP ${status}).`,
    roles: {
      student: "Student",
      pupil: "Student",
      parent: "Parent",
      guardian: "Parent",
      teacher: "Teacher",
      class_teacher: "Class teacher",
      head_teacher: "Head teacher",
      deputy: "Deputy head",
      deputy_head: "Deputy head",
      principal: "Principal",
      director: "Principal",
      head: "Principal",
      secretary: "Secretary",
      admin: "Administrator",
      administrator: "Administrator",
      staff: "Staff",
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
