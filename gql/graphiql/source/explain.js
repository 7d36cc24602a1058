// What is wrong with a document, in Russian: the messages of graphql-js that the editor underlines.
// Names of the schema stay as they are. A message that is not known here stays English.
import { language } from "./language.js";

const MESSAGES = [
  [/^Syntax Error: Expected (.+), found (.+)\.$/, "Ошибка записи: ожидается $1, а стоит $2."],
  [/^Syntax Error: Unexpected (.+)\.$/, "Ошибка записи: здесь не может стоять $1."],
  [/^Syntax Error: Unterminated string\.$/, "Ошибка записи: строка не закрыта кавычкой."],
  [/^Syntax Error: (.+)$/, "Ошибка записи: $1"],
  [/^Cannot query field "(.+?)" on type "(.+?)"\.(.*)$/, "У типа «$2» нет поля «$1».$3"],
  [/^Unknown argument "(.+?)" on field "(.+?)"\.(.*)$/, "У поля «$2» нет аргумента «$1».$3"],
  [/^Unknown argument "(.+?)" on directive "(.+?)"\.(.*)$/, "У директивы «$2» нет аргумента «$1».$3"],
  [/^Unknown type "(.+?)"\.(.*)$/, "Нет типа «$1».$2"],
  [/^Unknown directive "(.+?)"\.$/, "Нет директивы «$1»."],
  [/^Unknown fragment "(.+?)"\.$/, "Нет фрагмента «$1»."],
  [/^Directive "(.+?)" may not be used on (.+)\.$/, "Директива «$1» здесь не ставится ($2)."],
  [/^The directive "(.+?)" can only be used once at this location\.$/, "Директива «$1» ставится здесь один раз."],
  [
    /^Field "(.+?)" of type "(.+?)" must have a selection of subfields\.(.*)$/,
    "Поле «$1» — объект типа «$2»: укажите в фигурных скобках его поля.",
  ],
  [
    /^Field "(.+?)" must not have a selection since type "(.+?)" has no subfields\.$/,
    "Поле «$1» — значение типа «$2»: полей внутри у него нет.",
  ],
  [
    /^Field "(.+?)" argument "(.+?)" of type "(.+?)" is required, but it was not provided\.$/,
    "Поле «$1» требует аргумента «$2» типа «$3».",
  ],
  [/^Field "(.+?)" of required type "(.+?)" was not provided\.$/, "Не указано обязательное поле «$1» типа «$2»."],
  [/^Field "(.+?)" is not defined by type "(.+?)"\.(.*)$/, "У типа «$2» нет поля «$1».$3"],
  [/^Expected value of type "(.+?)", found (.+)\.$/, "Ожидается значение типа «$1», а стоит $2."],
  [/^Value "(.+?)" does not exist in "(.+?)" enum\.(.*)$/, "Среди значений «$2» нет «$1».$3"],
  [/^Enum "(.+?)" cannot represent non-enum value: (.+?)\.(.*)$/, "Ожидается значение перечисления «$1», а стоит $2.$3"],
  [/^(Int|Float|String|Boolean|ID) cannot represent .*: (.+)$/, "Ожидается значение типа «$1», а стоит $2."],
  [/^Variable "(.+?)" is not defined(?: by operation "(.+?)")?\.$/, "Переменная «$1» не объявлена."],
  [/^Variable "(.+?)" is never used(?: in operation "(.+?)")?\.$/, "Переменная «$1» объявлена, но не используется."],
  [
    /^Variable "(.+?)" of type "(.+?)" used in position expecting type "(.+?)"\.$/,
    "Переменная «$1» типа «$2» стоит там, где ожидается «$3».",
  ],
  [/^Variable "(.+?)" cannot be non-input type "(.+?)"\.$/, "Переменная «$1» не может быть типа «$2»."],
  [/^There can be only one variable named "(.+?)"\.$/, "Переменная «$1» объявлена дважды."],
  [/^There can be only one argument named "(.+?)"\.$/, "Аргумент «$1» указан дважды."],
  [/^There can be only one input field named "(.+?)"\.$/, "Поле «$1» указано дважды."],
  [/^There can be only one operation named "(.+?)"\.$/, "Операция «$1» объявлена дважды."],
  [/^There can be only one fragment named "(.+?)"\.$/, "Фрагмент «$1» объявлен дважды."],
  [/^This anonymous operation must be the only defined operation\.$/, "Операция без имени может быть только одна."],
  [/^Fragment "(.+?)" is never used\.$/, "Фрагмент «$1» не используется."],
  [/^Cannot spread fragment "(.+?)" within itself(.*)\.$/, "Фрагмент «$1» включает сам себя."],
  [
    /^Fragment "(.+?)" cannot be spread here as objects of type "(.+?)" can never be of type "(.+?)"\.$/,
    "Фрагмент «$1» здесь не подходит: тип «$2» не бывает типом «$3».",
  ],
  [
    /^Fragment cannot be spread here as objects of type "(.+?)" can never be of type "(.+?)"\.$/,
    "Фрагмент здесь не подходит: тип «$1» не бывает типом «$2».",
  ],
  [/^Fragment(?: "(.+?)")? cannot condition on non composite type "(.+?)"\.$/, "Фрагмент не бывает на типе «$2»: у него нет полей."],
  [/^Fields "(.+?)" conflict because (.+)\. Use different aliases.*$/, "Поля «$1» мешают друг другу: дайте одному из них псевдоним."],
  [/^OneOf Input Object "(.+?)" must specify exactly one key\.$/, "У «$1» указывается ровно одно поле."],
  [/^Subscription (?:"(.+?)" )?must select only one top level field\.$/, "Подписка содержит ровно одно поле верхнего уровня."],
  [/^The (.+?) has been deprecated\. (.*)$/, "Устарело: $2"],
  [/^The field (.+?) is deprecated\. (.*)$/, "Поле $1 устарело. $2"],
];
const SUGGESTIONS = [
  [/Did you mean to use an inline fragment on (.+)\?/, "Возможно, нужен фрагмент на $1?"],
  [/Did you mean (.+)\?/, "Возможно, $1?"],
  [/" or "/g, "» или «"],
  [/, or /g, " или "],
];

export function explain(message) {
  for (const [pattern, russian] of MESSAGES) {
    if (!pattern.test(message)) continue;
    const told = message.replace(pattern, russian);
    return SUGGESTIONS.reduce((text, [from, to]) => text.replace(from, to), told);
  }
  return message;
}

/** Monaco is loaded after the page is there: so are its markers translated. */
if (language === "ru") {
  const { editor } = await import("monaco-editor/esm/vs/editor/editor.api.js");
  const setMarkers = editor.setModelMarkers;
  editor.setModelMarkers = (model, owner, markers) =>
    setMarkers(
      model,
      owner,
      markers.map((marker) => ({ ...marker, message: explain(marker.message) })),
    );
}
