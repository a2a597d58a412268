"""Closed lists of English words that the drafting uses."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


AUXILIARIES = _set(
    "is are was were be been has have had will would can could may might must do does did"
    " should shall"
)

PRONOUNS = _set(
    "i we you he she it they me us him them my our your his her its their this that these those"
    " here there such one ones himself herself itself themselves mine ours yours hers theirs"
)

PREPOSITIONS = _set(
    "in on at by from to of for with as into onto after before during until since under over"
    " between among through across against near within without about around along than via"
    " throughout despite toward towards behind beyond upon up out off down per like"
)

CONJUNCTIONS = _set(
    "and or but nor so yet if when while where whereas because although though unless that which"
    " who whom whose what how why whether then"
)

#: First words of a sentence that depends on the one before it, or is no plain statement.
LEANING = (PRONOUNS - {"there"}) | _set(
    "and but or so yet however therefore thus hence moreover furthermore nevertheless nonetheless"
    " meanwhile additionally also instead otherwise finally then later afterwards afterward earlier"
    " subsequently consequently conversely similarly likewise indeed rather still again perhaps"
    " another other others some many most several both each either neither all any few such"
    " who what when where why how which if because although though while whereas yes no not"
    " let please see note here now today tonight next second secondly third thirdly first"
    " firstly"
    " two three four five six seven eight nine ten unlike like as since only even just"
    " for to of with by from"
)

#: Words that refer to another sentence in any position.
POINTING = _set(
    "this these those former latter above below aforementioned previously mentioned following"
    " i we you my our your me us here tonight today ourselves yourself myself said same similar"
)

DETERMINERS = _set("the a an")

STOP_WORDS = (
    AUXILIARIES
    | PRONOUNS
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | _set("not no also only more most many much when fill year percentage")
)

MONTHS = _set(
    "January February March April May June July August September October November December"
)
DAYS = _set("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

TITLES = _set(
    "Mr. Mrs. Ms. Dr. Sir Lord Lady King Queen Prince Princess Emperor Empress Pope Saint President"
    " Minister Secretary Senator Governor Mayor Chancellor Professor General Colonel Captain"
    " Admiral"
    " Chairman Judge Justice Bishop Archbishop Cardinal Duke Earl Count Baron Marshal Premier"
    " Commander Lieutenant Major Sergeant Representative Ambassador Director Sultan Tsar Kaiser"
    " Congressman Speaker Madam Vice Prime Foreign Defense Defence Interior Finance Chief CEO"
)

ORGANISATIONS = _set(
    "University Institute Institution Company Corporation Corp. Inc. Council Committee Party Bank"
    " Union Association Court Commission Agency Church School College Society League Department"
    " Ministry Parliament Congress Senate Group Club Organization Organisation Federation"
    " Foundation"
    " Academy Army Navy Force Forces Office Bureau Board Authority Trust Museum Library Hospital"
    " Press Orchestra Team Network Records Studios Airlines Railway Service Services Assembly"
    " Ltd Limited Co. Times Post"
)

PLACES = _set(
    "River Lake City County Mountains Mountain Mount Island Islands Sea Ocean Bay Valley Street"
    " Avenue Park Square Province District Peninsula Desert Airport Bridge Coast Palace Castle"
    " Cathedral Gulf Strait Republic Kingdom Hill Hills Beach Forest Harbour Harbor Canyon"
)

#: Last words of names that follow "in" and are no places.
TIMES = _set("War Wars Century Period Age Ages Era Revolution Crisis Games Series League Act")

#: Capitalised words that name no person and no place.
PEOPLES = _set(
    "English French German Spanish Italian Latin Greek Roman Chinese Japanese Russian American"
    " British Arabic Dutch Polish Christian Muslim Jewish Catholic Protestant Islamic European"
    " Asian African Indian Turkish Persian Hebrew Portuguese Swedish Danish Korean Mongol Norman"
    " Protestants Catholics Christians Muslims Jews Americans Romans Greeks Germans Western Eastern"
    " Northern Southern North South East West God Internet Earth World Welsh Irish Scottish"
    " Uruguayan Mexican Brazilian Canadian Australian"
    " Argentine Chilean Cuban Panamanian Israeli Egyptian Iranian Iraqi Syrian Ukrainian"
    " Hungarian"
    " Czech Austrian Swiss Norwegian Finnish Belgian Romanian Bulgarian Serbian Pakistani Thai"
    " Filipino"
    " Vietnamese Indonesian Malaysian Nigerian Kenyan Ethiopian Saudi Soviet Prussian"
)

GIVEN_NAMES = _set(
    "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel"
    " Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy"
    " Ronald Edward Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott"
    " Brandon Benjamin Samuel Gregory Alexander Frank Patrick Raymond Jack Dennis Jerry Tyler Aaron"
    " Jose Adam Nathan Henry Peter Zachary Kyle Walter Harold Carl Arthur Roger Albert Isaac Hugh"
    " Philip Francis Frederick Louis Ernest Martin Leonard Simon Victor Oscar Edmund Karl Hans"
    " Friedrich Wilhelm Johann Jean Pierre Jacques Antoine Marco Mario Carlos Juan Pedro Luis"
    " Giovanni Pablo Ivan Vladimir Boris Sergei Mary Patricia Jennifer Linda Elizabeth Barbara"
    " Susan Jessica Sarah Karen Lisa Nancy Margaret Sandra Ashley Emily Michelle Amanda Melissa"
    " Deborah Stephanie Laura Rebecca Helen Anna Anne Ruth Maria Catherine Alice Julia Grace Jane"
    " Emma Olivia Marie Barack Bill Jim Joe Tom Bob Mike Steve Dan Ben Sam Max Leo Otto Ludwig"
    " Winston Theodore Franklin Abraham Ulysses Herbert Ralph Stanley Norman Alan Bruce Pete Chris"
)
