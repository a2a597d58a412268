"""Who did what to whom: what is said in another order passes, what says it of another does not."""

import pytest
from qa_checking import passage
from strategies import document

from citespan.qa.claims.checking import Checker
from citespan.qa.claims.sources import Sources
from citespan.qa.claims.splitting import Claim
from citespan.qa.english.alignment import denied
from citespan.qa.english.clauses import crossed
from citespan.qa.english.word_order import exchanged
from citespan.qa.english.wording import wording_of
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Support

# a sentence, and under it what is claimed of it
SAME = """
King Charles defeated Rollo at Chartres in 911.
- Rollo was defeated by King Charles at Chartres in 911.
Rollo was defeated by King Charles at Chartres in 911.
- In 911, King Charles defeated Rollo at Chartres.
Maria Smith of Ireland chaired the meeting in Paris.
- The meeting in Paris was chaired by Maria Smith of Ireland.
Google acquired YouTube in November 2006 for $1.65 billion.
- YouTube was acquired by Google in November 2006 for $1.65 billion.
In 1803 France sold Louisiana to the United States.
- The United States was sold Louisiana by France in 1803.
- Louisiana was sold by France to the United States in 1803.
The United States bought Louisiana from France in 1803.
- France sold Louisiana to the United States in 1803.
Anna Brown married Peter Green in 1950.
- Peter Green married Anna Brown in 1950.
Anna Brown met Peter Green in Oslo.
- In Oslo, Peter Green met with Anna Brown.
The capital of France is Paris.
- Paris is the capital of France.
The treaty between Spain and Portugal was signed at Tordesillas.
- The treaty between Portugal and Spain was signed at Tordesillas.
France, Italy and Spain signed the treaty in Rome.
- Spain, Italy and France signed the treaty in Rome.
The school was opened in Leeds by Bishop Jones in 1920.
- The school was opened in 1920 by Bishop Jones in Leeds.
In Paris, Smith met the delegates of Bulgaria in May.
- Smith met the delegates of Bulgaria in Paris in May.
Napoleon's tomb is in Les Invalides.
- Les Invalides holds the tomb of Napoleon.
Scotland's Crown was given to England by the Parliament.
- The Crown of Scotland was given to England by the Parliament.
Einstein, who was born in Ulm, moved to Berlin in 1914.
- Einstein moved to Berlin in 1914 and was born in Ulm.
Turkey borders Syria and Iraq.
- Syria and Iraq border Turkey.
Hamlet was written by Shakespeare around 1600, and Faust by Goethe.
- Goethe wrote Faust, and Shakespeare wrote Hamlet around 1600.
Alice has 3 apples and Bob has 5 apples.
- Bob has 5 apples and Alice has 3 apples.
Alice bought 3 apples and 5 pears in Leeds.
- Alice bought 5 pears in Leeds.
The war began in 1914 and ended in 1918.
- The war ended in 1918.
The Norman king William built the Tower of London.
- The Tower of London was built by the Norman king William.
The committee, led by Ivan Petrov, met Maria Smith in Geneva.
- Ivan Petrov led the committee, which met Maria Smith in Geneva.
Tom Hooper directed The King's Speech, starring Colin Firth.
- The King's Speech, starring Colin Firth, was directed by Tom Hooper.
Smith gave Jones the keys of Dover Castle.
- Jones was given the keys of Dover Castle by Smith.
Victoria succeeded William IV in 1837.
- William IV was succeeded by Victoria in 1837.
Real Madrid beat Liverpool 3-1 in Kyiv.
- Liverpool were beaten 3-1 by Real Madrid in Kyiv.
It was in Vienna that Mozart married Constanze Weber.
- Mozart married Constanze Weber in Vienna.
The teacher praised the student in the hall.
- The student was praised by the teacher in the hall.
After Germany invaded Poland, Britain declared war.
- Britain declared war after Poland was invaded by Germany.
Paul Allen and Bill Gates founded Microsoft in Albuquerque.
- Microsoft was founded in Albuquerque by Bill Gates and Paul Allen.
Between 1990 and 1995 Norway exported 5 ships to Chile.
- Norway exported 5 ships to Chile between 1990 and 1995.
The sales of Honda rose to 40 percent while those of Ford fell to 20 percent.
- The sales of Ford fell to 20 percent while those of Honda rose to 40 percent.
The war began in 1914, and the treaty was signed in 1919.
- The treaty was signed in 1919.
A mosquito bit the farmer.
- The farmer was bitten by a mosquito.
Henry defeated the army of Louis, and Philip captured Rouen.
- Philip captured Rouen.
Henry, the brother of Louis, captured Rouen.
- Henry captured Rouen.
Henry defeated Louis and captured Rouen.
- Henry captured Rouen.
The novel was adapted into a film by Ridley Scott, who hired Harrison Ford.
- Ridley Scott, who hired Harrison Ford, adapted the novel into a film.
Otto von Bismarck dismissed the envoy of Austria.
- The envoy of Austria was dismissed by Otto von Bismarck.
The Ottoman fleet was destroyed by the Holy League at Lepanto in 1571.
- At Lepanto in 1571 the Holy League destroyed the Ottoman fleet.
- In 1571 the Holy League destroyed the Ottoman fleet at Lepanto.
Nokia sold its phone business to Microsoft in 2014.
- In 2014 Nokia's phone business was sold to Microsoft.
Penicillin, discovered by Alexander Fleming in 1928, saved millions of lives.
- Alexander Fleming discovered penicillin in 1928, and it saved millions of lives.
Sweden and Denmark fought over Norway.
- Denmark and Sweden fought over Norway.
The Rhine flows from Switzerland through Germany to the Netherlands.
- The Rhine flows to the Netherlands from Switzerland through Germany.
Barack Obama nominated Elena Kagan to the Supreme Court in 2010.
- Elena Kagan was nominated to the Supreme Court by Barack Obama in 2010.
- In 2010 Elena Kagan was nominated by Barack Obama to the Supreme Court.
The album was produced by Brian Eno and recorded in Berlin by David Bowie.
- David Bowie recorded the album in Berlin and Brian Eno produced it.
Johannes Kepler was an assistant of Tycho Brahe in Prague.
- Tycho Brahe had Johannes Kepler as an assistant in Prague.
The CEO of Tesla is Elon Musk.
- Elon Musk is the CEO of Tesla.
In contrast to Finland, Norway is a member of NATO since 1949.
- Norway, in contrast to Finland, is a member of NATO since 1949.
The bill was passed by the Senate on 3 May and signed by the President on 5 May.
- The President signed the bill on 5 May.
- The bill was signed by the President on 5 May after the Senate passed it on 3 May.
Peter lives in Rome, while Anna lives in Milan.
- Anna lives in Milan, while Peter lives in Rome.
Brazil beat Italy 4-1 in the 1970 final in Mexico City.
- In the 1970 final in Mexico City, Italy were beaten 4-1 by Brazil.
The doctor examined the patient and the nurse called the police.
- The nurse called the police and the doctor examined the patient.
The lion was attacked by the hyenas near the river.
- Near the river, the hyenas attacked the lion.
Mozart's Requiem was completed by Süssmayr in 1792.
- Süssmayr completed Mozart's Requiem in 1792.
Leonardo painted the Mona Lisa, and Michelangelo carved David.
- Michelangelo carved David.
Estonia, Latvia and Lithuania joined the European Union in 2004.
- Lithuania, Estonia and Latvia joined the European Union in 2004.
Ms Lee, 45, sued Acme Corp in Ohio in 2001 and won 3 million dollars.
- Ms Lee won 3 million dollars.
In 1815 Wellington and Blücher defeated Napoleon at Waterloo.
- Napoleon was defeated at Waterloo in 1815 by Wellington and Blücher.
The company was founded in 1901, bought by Smith in 1950 and closed in 1990.
- The company was founded in 1901 and closed in 1990.
The museum, which Jones designed in 1900, was opened by Queen Anne in 1910.
- Queen Anne opened the museum in 1910.
After Kennedy was shot in Dallas, Johnson became president.
- Johnson became president after Kennedy was shot in Dallas.
He visited Rome, where Smith built a church, and Naples.
- He visited Rome and Naples.
The Beatles were managed by Brian Epstein until 1967.
- Brian Epstein managed the Beatles until 1967.
Rosalind Franklin's photograph was shown to James Watson by Maurice Wilkins.
- Maurice Wilkins showed James Watson the photograph of Rosalind Franklin.
Toyota overtook General Motors in 2008 as the largest car maker.
- General Motors was overtaken by Toyota in 2008 as the largest car maker.
Canada imports steel from Brazil and exports wheat to China.
- Canada exports wheat to China and imports steel from Brazil.
Peru gained independence from Spain in 1821, Bolivia in 1825.
- Peru gained independence from Spain in 1821.
- Bolivia gained independence in 1825.
The judge sentenced the baker to 3 years and the clerk to 2 years.
- The clerk was sentenced to 2 years by the judge.
In Berlin, Merkel received Macron on 4 June.
- Merkel received Macron in Berlin on 4 June.
- On 4 June Macron was received by Merkel in Berlin.
The virus was isolated by Luc Montagnier in 1983 at the Pasteur Institute.
- Luc Montagnier isolated the virus at the Pasteur Institute in 1983.
Elizabeth I, daughter of Henry VIII, succeeded Mary I in 1558.
- Mary I was succeeded in 1558 by Elizabeth I, daughter of Henry VIII.
Intel makes chips in Ireland, and TSMC makes chips in Taiwan.
- TSMC makes chips in Taiwan, and Intel in Ireland.
The committee of Smith and Jones met Brown in Leeds.
- Brown met the committee of Jones and Smith in Leeds.
The employee must notify the manager within 3 days.
- The manager must be notified by the employee within 3 days.
The tenant pays the landlord a deposit of 500 euros.
- A deposit of 500 euros is paid by the tenant to the landlord.
Hillary and Tenzing climbed Everest in 1953; Messner climbed it alone in 1980.
- Everest was climbed by Hillary and Tenzing in 1953.
Argentina and Chile share a border of 5,300 km.
- Chile and Argentina share a border of 5300 km.
Cortés, who had left Cuba in 1519, conquered Mexico.
- Mexico was conquered by Cortés, who had left Cuba in 1519.
While Galileo worked in Padua, Kepler worked in Prague.
- Kepler worked in Prague while Galileo worked in Padua.
Sony, based in Tokyo, bought Columbia Pictures from Coca-Cola for $3.4 billion.
- Columbia Pictures was bought by Sony, based in Tokyo, from Coca-Cola for $3.4 billion.
Facebook paid 19 billion dollars for WhatsApp in 2014.
- In 2014 Facebook paid 19 billion dollars for WhatsApp.
The bridge links Malmö with Copenhagen.
- The bridge links Copenhagen with Malmö.
The Senate rejected the treaty and the House approved the budget.
- The House approved the budget.
The server sends the client a token.
- A token is sent to the client by the server.
"""
OTHER = """
King Charles defeated Rollo at Chartres in 911.
- Rollo defeated King Charles at Chartres in 911.
- King Charles was defeated by Rollo at Chartres in 911.
Rollo was defeated by King Charles at Chartres in 911.
- Rollo defeated King Charles at Chartres in 911.
- King Charles was defeated by Rollo at Chartres in 911.
Google acquired YouTube in November 2006 for $1.65 billion.
- YouTube acquired Google in November 2006 for $1.65 billion.
In 1803 France sold Louisiana to the United States.
- In 1803 the United States sold Louisiana to France.
The University of Michigan owns the Nichols Arboretum.
- The Nichols Arboretum owns the University of Michigan.
The train runs from Paris to London in two hours.
- The train runs from London to Paris in two hours.
Victoria succeeded William IV in 1837.
- William IV succeeded Victoria in 1837.
Maria Smith of Ireland chaired the meeting; Ivan Petrov of Bulgaria was her deputy.
- Ivan Petrov of Ireland chaired the meeting.
Alice has 3 apples, Bob has 5 apples.
- Alice has 5 apples.
- Bob has 3 apples.
Alice has 3 apples and Bob 5.
- Alice has 5 apples.
The war began in 1914, and the treaty was signed in 1919.
- The treaty was signed in 1914.
- The war began in 1919.
The bridge opened in 1932, while the tunnel opened in 1992.
- The bridge opened in 1992.
- The tunnel opened in 1932, while the bridge opened in 1992.
The sales of Honda rose to 40 percent while those of Ford fell to 20 percent.
- The sales of Honda rose to 20 percent while those of Ford fell to 40 percent.
- The sales of Ford rose to 40 percent while those of Honda fell to 20 percent.
Tom Hooper directed The King's Speech, starring Colin Firth.
- Colin Firth directed The King's Speech, starring Tom Hooper.
Real Madrid beat Liverpool 3-1 in Kyiv.
- Liverpool beat Real Madrid 3-1 in Kyiv.
Germany invaded Poland and Britain declared war.
- Poland invaded Germany and Britain declared war.
The population of Oslo is 700,000 and that of Bergen is 290,000.
- The population of Oslo is 290,000.
- The population of Bergen is 700,000.
The teacher praised the student in the hall.
- The student praised the teacher in the hall.
Honduras exported coffee to Norway and Chile exported copper to Japan.
- Honduras exported coffee to Japan and Chile exported copper to Norway.
Henry defeated Louis and Philip captured Rouen.
- Henry captured Rouen.
Goethe wrote Faust, and Shakespeare wrote Hamlet.
- Goethe wrote Hamlet.
- Shakespeare wrote Faust, and Goethe wrote Hamlet.
Microsoft was founded in Albuquerque, and Apple in Cupertino.
- Microsoft was founded in Cupertino.
The Amazon is longer than the Danube.
- The Danube is longer than the Amazon.
Smith gave Jones the keys of Dover Castle.
- Jones gave Smith the keys of Dover Castle.
Ali was trained by Dundee, and Frazier by Durham.
- Ali was trained by Durham.
Jefferson won 73 votes and Adams won 65 votes.
- Adams won 73 votes and Jefferson won 65 votes.
Orville was born in 1871 and Wilbur in 1867.
- Orville was born in 1867 and Wilbur in 1871.
- Orville was born in 1867.
The dog chased the cat through the garden.
- The cat chased the dog through the garden.
Before Rome conquered Carthage, Greece had founded Marseille.
- Before Carthage conquered Rome, Greece had founded Marseille.
Otto von Bismarck dismissed the envoy of Austria.
- The envoy of Austria dismissed Otto von Bismarck.
The Ottoman fleet was destroyed by the Holy League at Lepanto in 1571.
- The Ottoman fleet destroyed the Holy League at Lepanto in 1571.
- The Holy League was destroyed by the Ottoman fleet at Lepanto in 1571.
Nokia sold its phone business to Microsoft in 2014.
- Microsoft sold its phone business to Nokia in 2014.
Barack Obama nominated Elena Kagan to the Supreme Court in 2010.
- Elena Kagan nominated Barack Obama to the Supreme Court in 2010.
- Barack Obama was nominated to the Supreme Court by Elena Kagan in 2010.
The Rhine flows from Switzerland through Germany to the Netherlands.
- The Rhine flows from the Netherlands through Germany to Switzerland.
Johannes Kepler was an assistant of Tycho Brahe in Prague.
- Tycho Brahe was an assistant of Johannes Kepler in Prague.
Lake Victoria is larger than Lake Tanganyika.
- Lake Tanganyika is larger than Lake Victoria.
The bill was passed by the Senate on 3 May and signed by the President on 5 May.
- The bill was passed by the President on 3 May and signed by the Senate on 5 May.
- The bill was passed by the Senate on 5 May and signed by the President on 3 May.
Ford employs 190,000 people, Toyota 370,000.
- Ford employs 370,000 people.
- Toyota employs 190,000 people.
Peter lives in Rome, while Anna lives in Milan.
- Anna lives in Rome, while Peter lives in Milan.
- Peter lives in Milan.
Brazil beat Italy 4-1 in the 1970 final in Mexico City.
- Italy beat Brazil 4-1 in the 1970 final in Mexico City.
The doctor examined the patient in the ward.
- The patient examined the doctor in the ward.
The hyenas attacked the lion near the river.
- The lion attacked the hyenas near the river.
Leonardo painted the Mona Lisa, and Michelangelo carved David.
- Leonardo carved David.
- Michelangelo painted the Mona Lisa.
In 1815 Wellington defeated Napoleon at Waterloo.
- In 1815 Napoleon defeated Wellington at Waterloo.
The museum closed in 1940 and the library closed in 1955.
- The museum closed in 1955.
- The library closed in 1940.
Gold melts at 1064 degrees and silver melts at 962 degrees.
- Gold melts at 962 degrees.
Gold melts at 1064 degrees, silver at 962 degrees.
- Gold melts at 962 degrees.
After Kennedy was shot in Dallas, Johnson became president.
- After Johnson was shot in Dallas, Kennedy became president.
Team A scored 12 goals and Team B scored 7 goals.
- Team B scored 12 goals and Team A scored 7 goals.
Plan A costs 10 dollars a month, and Plan B costs 25 dollars a month.
- Plan A costs 25 dollars a month.
- Plan B costs 10 dollars a month.
The Battle of Hastings was fought in 1066, and the Magna Carta was sealed in 1215.
- The Battle of Hastings was fought in 1215.
- The Magna Carta was sealed in 1066.
Smith, who taught Jones at Oxford, died in 1950.
- Jones, who taught Smith at Oxford, died in 1950.
Marie taught Irène chemistry in Paris.
- Irène taught Marie chemistry in Paris.
Uber accused Waymo's engineer of stealing files from Google.
- Google accused Waymo's engineer of stealing files from Uber.
Mercury orbits faster than Venus.
- Venus orbits faster than Mercury.
The Beatles were managed by Brian Epstein until 1967.
- The Beatles managed Brian Epstein until 1967.
Toyota overtook General Motors in 2008 as the largest car maker.
- General Motors overtook Toyota in 2008 as the largest car maker.
- Toyota was overtaken by General Motors in 2008 as the largest car maker.
Canada imports steel from Brazil and exports wheat to China.
- Canada imports steel from China and exports wheat to Brazil.
Peru gained independence from Spain in 1821, Bolivia in 1825.
- Peru gained independence from Spain in 1825.
- Bolivia gained independence from Spain in 1821.
The judge sentenced the baker to 3 years and the clerk to 2 years.
- The judge sentenced the baker to 2 years.
In Berlin, Merkel received Macron on 4 June.
- In Berlin, Macron received Merkel on 4 June.
Intel makes chips in Ireland, and TSMC makes chips in Taiwan.
- Intel makes chips in Taiwan.
- TSMC makes chips in Ireland.
The employee must notify the manager within 3 days.
- The manager must notify the employee within 3 days.
The tenant pays the landlord a deposit of 500 euros.
- The landlord pays the tenant a deposit of 500 euros.
Cortés, who had left Cuba in 1519, conquered Mexico.
- Cortés, who had left Mexico in 1519, conquered Cuba.
While Galileo worked in Padua, Kepler worked in Prague.
- Galileo worked in Prague.
- Kepler worked in Padua while Galileo worked in Prague.
Sony bought Columbia Pictures from Coca-Cola for $3.4 billion.
- Coca-Cola bought Columbia Pictures from Sony for $3.4 billion.
The Senate rejected the treaty and the House approved the budget.
- The Senate approved the budget.
- The House rejected the treaty.
The server sends the client a token.
- The client sends the server a token.
Berlin has 3.7 million inhabitants and Hamburg has 1.9 million.
- Hamburg has 3.7 million inhabitants.
- Berlin has 1.9 million inhabitants.
Revenue was 40 million in 2019, while profit was 3 million in 2020.
- Revenue was 3 million in 2020.
The sonata was composed in 1801 and the quartet was composed in 1806.
- The sonata was composed in 1806.
The Medici family banished Savonarola's followers from Florence.
- Savonarola's followers banished the Medici family from Florence.
Lincoln appointed Grant over Halleck in 1864.
- Grant appointed Lincoln over Halleck in 1864.
"""
TWICE = "France attacked England in the spring. England attacked France in the spring."


def pairs(cases: str) -> list[tuple[str, str]]:
    """Each sentence with each claim."""
    told, found = "", list[tuple[str, str]]()
    for line in cases.strip().splitlines():
        if line.startswith("- "):
            found.append((told, line[2:]))
        else:
            told = line
    return found


def checked(reader: BundledReader, told: str, said: str) -> tuple[Support, list[str]]:
    """What comes of a claim, and what would be cited for it."""
    stored = document(told)
    sources = Sources([passage(stored)], {stored.id: stored})
    found = Checker(reader).check(Claim(said, (1,)), sources)
    return found.support, [one.span.of(told) for one in found.sentences]


@pytest.mark.parametrize(("told", "said"), pairs(SAME))
def test_the_same_in_another_order_is_no_exchange(told: str, said: str):
    claim, sentence = wording_of(said), wording_of(told)
    names = claim.names | sentence.names
    assert denied(claim.words, sentence.words, names, ()) is None
    assert not exchanged(claim.words, sentence.words)
    assert not crossed(claim.words, sentence.words)


@pytest.mark.parametrize(("told", "said"), pairs(OTHER))
def test_what_is_said_of_another_is_unsupported(reader: BundledReader, told: str, said: str):
    assert checked(reader, told, said) == (Support.UNSUPPORTED, [])


@pytest.mark.parametrize(
    ("said", "cited"),
    [("In the spring, England attacked France.", 1), ("England was attacked by France.", 0)],
)
def test_of_two_sentences_with_the_same_words_the_right_one_is_cited(
    reader: BundledReader, said: str, cited: int
):
    sentence = TWICE.split(". ")[cited].rstrip(".") + "."
    assert checked(reader, TWICE, said) == (Support.SUPPORTED, [sentence])


def test_a_letter_is_a_name_where_it_is_no_article():
    assert "A" in wording_of("They chose plan A in May.").names
    assert "A" not in wording_of("A plan was made, and A Plan of Peace was its name.").stems
